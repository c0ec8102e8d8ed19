import type { Out, Step } from '@sallyport/core';
import type { Analysis, ParserSettings } from '../classify/analysis.ts';
import { packets } from '../codec/bytes.ts';
import { COMMAND } from '../codec/commands.ts';
import type { MyFrame } from '../codec/frames.ts';
import { encodeOk } from '../codec/responses.ts';
import { errOf } from '../errors.ts';
import { Asking } from './asking.ts';
import type { ChangeUser } from './change-user.ts';
import type { Conversation } from './conversation.ts';
import type { ExchangeKind } from './exchange.ts';
import { type Kill, parseKill } from './kill.ts';
import { MAX_COMMAND_BYTES, type Message, Messages } from './messages.ts';
import { PreparedStatements } from './prepared-statements.ts';
import type { Run } from './run.ts';
import { each, NOTHING, toClient, toTarget } from './steps.ts';
import { restoredText } from './tokens.ts';

/** The session that a KILL finds. */
interface KillTarget {
  readonly threadId: number;
  busy(): boolean;
  cancelHold(): boolean;
}

/** A live session of the same identity at the same target. */
export type FindSession = (id: number) => KillTarget | undefined;

/** ER_UNKNOWN_COM_ERROR */
const UNKNOWN_COMMAND = { code: 1047, sqlState: '08S01' };
const BINLOG_DUMPS: ReadonlySet<number> = new Set([0x12, 0x15, 0x1e]);

/** The client's direction: every command is understood, judged where it does anything, or refused. */
export class ClientSide {
  readonly asking: Asking;
  readonly statements: PreparedStatements;
  readonly #conversation: Conversation;
  readonly #findSession: FindSession;
  readonly #changeUser: ChangeUser;
  readonly #messages = new Messages();

  constructor(conversation: Conversation, findSession: FindSession, changeUser: ChangeUser) {
    this.#conversation = conversation;
    this.#findSession = findSession;
    this.#changeUser = changeUser;
    this.asking = new Asking(conversation);
    this.statements = new PreparedStatements(conversation, this.asking);
  }

  take(frame: MyFrame): Step {
    const message = this.#messages.take(frame);
    if (message === undefined) return NOTHING;
    return this.#conversation.exchange === undefined ? this.#command(message) : this.#afterAnswer(message);
  }

  /** What a command means hangs on those before it. */
  async *#afterAnswer(message: Message): AsyncGenerator<readonly Out[]> {
    await this.#conversation.idle();
    if (!this.#conversation.over.signal.aborted) yield* each(this.#command(message));
  }

  #command(message: Message): Step {
    const { payload, raw, sequence, tooLarge } = message;
    const conversation = this.#conversation;
    conversation.sequence = sequence;
    if (this.#changeUser.active) return this.#changeUser.answer(payload);
    const command = payload[0];
    const body = payload.subarray(1);
    if (tooLarge) return this.#tooLarge(command);
    switch (command) {
      case COMMAND.QUIT:
        return toTarget(...raw);
      case COMMAND.QUERY:
        return this.#query(message, body);
      case COMMAND.INIT_DB:
        return this.#asText(message, `USE ${quoted(body)}`, 'status');
      case COMMAND.FIELD_LIST:
        return this.#asText(message, `SHOW COLUMNS FROM ${quoted(body.subarray(0, Math.max(body.indexOf(0), 0)))}`, 'fields');
      case COMMAND.PROCESS_INFO:
        return this.#asText(message, 'SHOW PROCESSLIST', 'query');
      case COMMAND.SHUTDOWN:
        return this.#asText(message, 'SHUTDOWN', 'status');
      case COMMAND.PROCESS_KILL:
        return body.length < 4 ? this.#unknown(command) : this.#kill(message, { id: body.readUInt32LE(), query: false });
      case COMMAND.PING:
      case COMMAND.SET_OPTION:
        return this.#forward(message, 'status');
      case COMMAND.STATISTICS:
        return this.#forward(message, 'text');
      case COMMAND.RESET_CONNECTION:
        return this.#forward(message, 'status', () => this.statements.forgetAll());
      case COMMAND.CHANGE_USER:
        return this.#changeUser.begin(body);
      case COMMAND.STMT_PREPARE:
        return this.statements.prepare(message, body);
      case COMMAND.STMT_EXECUTE:
        return this.statements.execute(message, body);
      case COMMAND.STMT_SEND_LONG_DATA:
        return this.statements.longData(message, body);
      case COMMAND.STMT_FETCH:
        return this.statements.fetch(message, body);
      case COMMAND.STMT_RESET:
        return this.statements.reset(message, body);
      case COMMAND.STMT_CLOSE:
        return this.statements.close(message, body);
      default:
        return this.#unknown(command);
    }
  }

  #query(message: Message, body: Buffer): Step {
    const kill = parseKill(body);
    if (kill !== undefined && this.#findSession(kill.id) !== undefined) return this.#kill(message, kill);
    return this.asking.understand(body, (text, analysis, settings) => this.#submit(message, body, text, analysis, settings, 'query'));
  }

  /** A command that says with a number what SQL says with a text: judged and recorded as that. */
  #asText(message: Message, text: string, kind: ExchangeKind): Step {
    const bytes = Buffer.from(text);
    return this.asking.understand(bytes, (_, analysis, settings) => this.#submit(message, message.payload, text, analysis, settings, kind));
  }

  #submit(message: Message, bytes: Buffer, text: string, analysis: Analysis, settings: ParserSettings, kind: ExchangeKind): Step {
    const pass = (run: Run): readonly Out[] => {
      const conversation = this.#conversation;
      conversation.sequence = message.sequence;
      for (const { prepare, deallocate, opaque } of run.meaning.analysis.statements) {
        const name = prepare?.name ?? deallocate;
        if (opaque) conversation.prepared.clear();
        else if (name !== undefined) conversation.prepared.delete(name);
      }
      if (run.meaning.analysis.failure !== undefined) conversation.prepared.clear();
      const restored = kind === 'query' ? restoredText(bytes, run.meaning, conversation.protection, settings) : undefined;
      const raw = restored === undefined ? message.raw : [packets(Buffer.concat([Buffer.of(COMMAND.QUERY), restored]), 0)];
      return this.#forward({ ...message, raw }, kind, undefined, run);
    };
    return this.asking.submit({ text, bytes, analysis, settings, pass });
  }

  #forward({ payload, raw, sequence }: Message, kind: ExchangeKind, confirmed?: () => void, run?: Run): readonly Out[] {
    this.#conversation.begin({
      kind,
      command: payload.subarray(0, 1),
      sequence,
      exposed: run?.meaning.telling ?? false,
      ...(run && { run }),
      ...(confirmed && { confirmed }),
    });
    return toTarget(...raw);
  }

  /** Ctrl-C: a second connection names the first one by the id that the gateway had told it. */
  #kill(message: Message, kill: Kill): Step {
    const session = this.#findSession(kill.id);
    const words = kill.query ? 'KILL QUERY' : 'KILL';
    if (session === undefined) return this.#asText(message, `${words} ${kill.id}`, 'status');
    const { gate, status } = this.#conversation;
    gate.note({ type: 'kill', connection: kill.id, query: kill.query });
    // At the target a KILL QUERY that comes too late would hit the next query.
    const idle = !session.busy();
    if (kill.query && (session.cancelHold() || idle)) return toClient(packets(encodeOk(status), message.sequence));
    const text = Buffer.from(`${words} ${session.threadId}`);
    this.#conversation.begin({ kind: 'status', command: message.payload.subarray(0, 1), sequence: message.sequence, exposed: false });
    return toTarget(packets(Buffer.concat([Buffer.of(COMMAND.QUERY), text]), 0));
  }

  #tooLarge(command: number | undefined): Step {
    const message = `The command is larger than ${MAX_COMMAND_BYTES} bytes: send it in smaller pieces.`;
    this.#conversation.gate.note({ type: 'refused', message });
    if (command === COMMAND.STMT_SEND_LONG_DATA) return this.statements.longDataTooLarge();
    return this.#conversation.fail({ code: 1153, sqlState: '08S01', message });
  }

  #unknown(command: number | undefined): Step {
    const dump = command !== undefined && BINLOG_DUMPS.has(command);
    const message = dump
      ? 'Binary logs do not pass the gateway: they hold rows that nobody has masked.'
      : `The gateway does not know the command 0x${(command ?? 0).toString(16).padStart(2, '0')}.`;
    this.#conversation.gate.note({ type: 'refused', message });
    return this.#conversation.fail(dump ? errOf('denied', message) : { ...UNKNOWN_COMMAND, message });
  }
}

/** A name as SQL, whatever it holds. */
function quoted(name: Buffer): string {
  return `\`${name.toString().replaceAll('`', '``')}\``;
}
