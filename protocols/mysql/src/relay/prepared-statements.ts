import type { Out, Step } from '@sallyport/core';
import type { Analysis, ParserSettings } from '../classify/analysis.ts';
import { packets } from '../codec/bytes.ts';
import type { Err } from '../codec/responses.ts';
import { decodeExecute, decodeLongData, decodeStatementId, type Execute, LAST_PREPARED, type Parameter } from '../codec/statements.ts';
import type { Asking } from './asking.ts';
import type { Conversation } from './conversation.ts';
import { MAX_COMMAND_BYTES, type Message } from './messages.ts';
import { sameReading } from './reading.ts';
import type { Run } from './run.ts';
import type { Statement } from './statement.ts';
import { NOTHING, toTarget } from './steps.ts';
import { restoredExecute } from './tokens.ts';

/** Command and statement id. */
const ID_BYTES = 5;
/** As many as a server keeps by default for all its sessions (`max_prepared_stmt_count`). */
const MAX_STATEMENTS = 16_382;
/** ER_UNKNOWN_STMT_HANDLER */
const UNKNOWN_STATEMENT: Err = { code: 1243, sqlState: 'HY000', message: 'Unknown prepared statement given to the gateway.' };

/**
 * COM_STMT_*. Rules are asked when a statement is executed, with its values, not when it is prepared: drivers prepare
 * once and execute often. Long data waits here until then: it belongs to a command that may be refused.
 */
export class PreparedStatements {
  readonly #conversation: Conversation;
  readonly #asking: Asking;
  #preparing: { readonly text: string; readonly analysis: Analysis; readonly settings: ParserSettings } | undefined;
  /** Bytes of long data that wait. */
  #waiting = 0;
  /** Long data came that was too much: the next EXECUTE must fail. */
  #overflown = false;

  constructor(conversation: Conversation, asking: Asking) {
    this.#conversation = conversation;
    this.#asking = asking;
  }

  prepare({ payload, raw, sequence }: Message, body: Buffer): Step {
    const conversation = this.#conversation;
    if (conversation.statements.size >= MAX_STATEMENTS)
      return conversation.fail({
        code: 1461,
        sqlState: '42000',
        message: `More than ${MAX_STATEMENTS} statements are prepared: close some.`,
      });
    return this.#asking.understand(body, (text, analysis, settings) => {
      this.#preparing = { text, analysis, settings };
      conversation.lastPrepared = undefined;
      conversation.begin({ kind: 'prepare', command: payload.subarray(0, 1), sequence, exposed: !conversation.protection.none });
      return toTarget(...raw);
    });
  }

  /** The target has prepared it. */
  prepared(id: number, parameters: number): void {
    const text = this.#preparing;
    if (text === undefined) return;
    this.#preparing = undefined;
    const statement: Statement = { ...text, id, parameters, types: [], long: new Map(), columns: [], plan: undefined, cursor: undefined };
    this.#conversation.statements.set(id, statement);
    this.#conversation.lastPrepared = statement;
  }

  execute(message: Message, body: Buffer): Step {
    const statement = this.#find(decodeStatementId(body, 'COM_STMT_EXECUTE'));
    if (statement === undefined) return this.#conversation.fail(UNKNOWN_STATEMENT);
    if (this.#overflown) return this.#tooLong(statement);
    const execute = decodeExecute(body, statement.parameters, statement.types, new Set(statement.long.keys()));
    const parameters = withLongData(execute, statement);
    // An execution uses its long data up, also where it is denied.
    const long = [...statement.long.values()].flatMap(({ packets }) => packets);
    this.#letGo(statement);
    // Under another sql_mode the server may read the text anew, and otherwise.
    return this.#asking.settled((settings) => {
      const analysis = sameReading(settings, statement.settings) ? statement.analysis : misread(statement.analysis);
      return this.#asking.submit({
        text: statement.text,
        bytes: statement.text,
        analysis,
        settings: statement.settings,
        parameters,
        flags: execute.flags,
        pass: (run) => {
          const restored = restoredExecute(execute, run.meaning, this.#conversation.protection, statement.settings);
          const raw = restored === undefined ? message.raw : [packets(Buffer.concat([message.payload.subarray(0, 1), restored]), 0)];
          return this.#pass({ ...message, raw }, long, statement, execute, run);
        },
      });
    });
  }

  longData({ raw }: Message, body: Buffer): Step {
    const { statement: id, parameter, data } = decodeLongData(body);
    const statement = this.#find(id);
    if (statement === undefined) return NOTHING; // the target would say nothing either
    this.#waiting += data.length;
    if (this.#waiting > MAX_COMMAND_BYTES) return this.longDataTooLarge();
    const value = statement.long.get(parameter) ?? { parts: [], packets: [], bytes: 0 };
    // Views of the socket's chunks: a copy lets those go.
    value.parts.push(Buffer.from(data));
    value.packets.push(...raw.map((packet) => Buffer.from(packet)));
    value.bytes += data.length;
    statement.long.set(parameter, value);
    return NOTHING;
  }

  /** There is no answer to long data: the EXECUTE behind it fails. */
  longDataTooLarge(): Step {
    this.#overflown = true;
    return NOTHING;
  }

  fetch({ payload, raw, sequence }: Message, body: Buffer): Step {
    const statement = this.#find(decodeStatementId(body, 'COM_STMT_FETCH'));
    if (statement?.cursor === undefined) return this.#conversation.fail(UNKNOWN_STATEMENT);
    this.#conversation.begin({
      kind: 'fetch',
      command: payload.subarray(0, ID_BYTES),
      statement,
      sequence,
      exposed: statement.cursor.meaning.telling,
    });
    return toTarget(...raw);
  }

  reset({ payload, raw, sequence }: Message, body: Buffer): Step {
    const statement = this.#find(decodeStatementId(body, 'COM_STMT_RESET'));
    if (statement === undefined) return this.#conversation.fail(UNKNOWN_STATEMENT);
    this.#letGo(statement);
    this.#conversation.begin({ kind: 'status', command: payload.subarray(0, 1), sequence, exposed: false });
    return toTarget(...raw);
  }

  close({ raw }: Message, body: Buffer): Step {
    const id = decodeStatementId(body, 'COM_STMT_CLOSE');
    const statement = this.#conversation.statements.get(id);
    if (statement !== undefined) this.#letGo(statement);
    this.#conversation.statements.delete(id);
    if (this.#conversation.lastPrepared?.id === id) this.#conversation.lastPrepared = undefined;
    return toTarget(...raw);
  }

  /** The session began anew: nothing of it is left but the connection. */
  forgetAll(): void {
    const conversation = this.#conversation;
    for (const statement of conversation.statements.values()) this.#letGo(statement);
    conversation.statements.clear();
    conversation.prepared.clear();
    conversation.lastPrepared = undefined;
    conversation.unsettled = true;
  }

  /** Commands whose cursors were open when the session ended. */
  ended(): void {
    for (const { cursor } of this.#conversation.statements.values()) cursor?.finish('unknown');
  }

  #pass({ raw, sequence, payload }: Message, long: readonly Buffer[], statement: Statement, execute: Execute, run: Run): readonly Out[] {
    statement.types = execute.parameters.map(({ type, unsigned }) => ({ type, unsigned }));
    this.#conversation.begin({
      kind: 'execute',
      command: idBytes(payload, statement),
      run,
      statement,
      sequence,
      exposed: run.meaning.telling,
    });
    return toTarget(...long, ...raw);
  }

  #find(id: number): Statement | undefined {
    const { lastPrepared, statements } = this.#conversation;
    return id === LAST_PREPARED ? lastPrepared : statements.get(id);
  }

  #tooLong(statement: Statement): readonly Out[] {
    this.#overflown = false;
    this.#letGo(statement);
    const message = `The long data is more than ${MAX_COMMAND_BYTES} bytes, the most that passes the gateway at once.`;
    this.#conversation.gate.note({ type: 'refused', message });
    return this.#conversation.fail({ code: 1153, sqlState: '08S01', message });
  }

  #letGo(statement: Statement): void {
    for (const { bytes } of statement.long.values()) this.#waiting -= bytes;
    statement.long.clear();
    statement.cursor?.finish('completed');
    statement.cursor = undefined;
  }
}

function withLongData({ parameters }: Execute, { long }: Statement): readonly Parameter[] {
  return parameters.map((parameter, index) => {
    const value = long.get(index);
    return value === undefined ? parameter : { ...parameter, value: Buffer.concat(value.parts) };
  });
}

/** With the id that the target gave, where the client says that it means the last one. */
function idBytes(payload: Buffer, { id }: Statement): Buffer {
  const bytes = Buffer.from(payload.subarray(0, ID_BYTES));
  bytes.writeUInt32LE(id, 1);
  return bytes;
}

function misread(analysis: Analysis): Analysis {
  return { ...analysis, statements: [], failure: 'The statement was prepared under another sql_mode or character set: prepare it again.' };
}
