import type { Target } from '@sallyport/core';
import { BodyReader } from '../src/codec/body-reader.ts';
import { int, packets } from '../src/codec/bytes.ts';
import { CAPABILITY } from '../src/codec/capabilities.ts';
import { COMMAND } from '../src/codec/commands.ts';
import { decodeEof, decodeErr, decodeOk, type Err, STATUS } from '../src/codec/responses.ts';
import { decodePrepareOk } from '../src/codec/statements.ts';
import { loginTarget } from '../src/startup/login-target.ts';
import { PacketReader } from '../src/startup/packet-reader.ts';

const CAPABILITIES = CAPABILITY.MULTI_STATEMENTS | CAPABILITY.MULTI_RESULTS | CAPABILITY.PS_MULTI_RESULTS;
/** utf8mb4_general_ci */
const COLLATION = 45;
const MAX_PACKET_BYTES = 16 * 1024 * 1024;
/** The flag of COM_STMT_EXECUTE that asks for a cursor. */
const READ_ONLY_CURSOR = 1;
const LAST_ROW_SENT = 0x80;
const FETCHED_ROWS = 100;
const ANSWER_MS = 60_000;

/** What came back for one command. */
export interface Answer {
  /** All payloads, one behind the other. */
  readonly bytes: Buffer;
  readonly rows: number;
  readonly error?: Err;
  /** A statement was prepared, or its cursor opened. */
  readonly statement?: number;
  readonly cursor?: boolean;
}

/** Speaks raw commands at a server, directly or through a gateway, one after the other. */
export class WireClient {
  readonly #socket: Awaited<ReturnType<typeof loginTarget>>['socket'];

  private constructor(socket: Awaited<ReturnType<typeof loginTarget>>['socket']) {
    this.#socket = socket;
  }

  static async connect(target: Target, database = 'shop'): Promise<WireClient> {
    const wishes = { capabilities: CAPABILITIES, collation: COLLATION, database };
    const { socket } = await loginTarget(target, wishes, AbortSignal.timeout(15_000));
    return new WireClient(socket);
  }

  query(sql: string): Promise<Answer> {
    return this.#ask(COMMAND.QUERY, Buffer.from(sql));
  }

  /** Prepares and runs it: rows come in binary. @param cursor they come by COM_STMT_FETCH */
  async execute(sql: string, cursor = false): Promise<Answer> {
    const prepared = await this.#ask(COMMAND.STMT_PREPARE, Buffer.from(sql));
    if (prepared.statement === undefined) return prepared;
    const id = int(prepared.statement, 4);
    const flags = Buffer.of(cursor ? READ_ONLY_CURSOR : 0);
    const answers = [prepared, await this.#ask(COMMAND.STMT_EXECUTE, Buffer.concat([id, flags, int(1, 4)]))];
    if (answers[1]?.cursor) answers.push(await this.#ask(COMMAND.STMT_FETCH, Buffer.concat([id, int(FETCHED_ROWS, 4)])));
    this.#write(COMMAND.STMT_CLOSE, id);
    return { ...(answers.at(-1) as Answer), bytes: Buffer.concat(answers.map(({ bytes }) => bytes)) };
  }

  /** Runs a text of one or more statements. @throws Error with the server's words when one fails */
  async run(sql: string): Promise<void> {
    const { error } = await this.query(sql);
    if (error !== undefined) throw new Error(error.message);
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(command: number, body: Buffer): void {
    this.#socket.write(packets(Buffer.concat([Buffer.of(command), body]), 0));
  }

  async #ask(command: number, body: Buffer): Promise<Answer> {
    this.#write(command, body);
    const seen: Buffer[] = [];
    const reader = new PacketReader(this.#socket, 'target', AbortSignal.timeout(ANSWER_MS));
    const next = async (): Promise<Buffer> => {
      const { payload } = await reader.packet(MAX_PACKET_BYTES);
      seen.push(payload);
      return payload;
    };
    const told = await (command === COMMAND.STMT_PREPARE ? prepared(next) : command === COMMAND.STMT_FETCH ? rowsOf(next) : results(next));
    return { ...told, bytes: Buffer.concat(seen) };
  }
}

type Next = () => Promise<Buffer>;
type Told = Omit<Answer, 'bytes'>;

async function prepared(next: Next): Promise<Told> {
  const first = await next();
  if (first[0] === 0xff) return { rows: 0, error: decodeErr(first) };
  const { statement, columns, parameters } = decodePrepareOk(first);
  for (const count of [parameters, columns]) if (count > 0) for (let index = 0; index <= count; index += 1) await next();
  return { rows: 0, statement };
}

/** Every result of a command: each is an OK, or definitions and rows. */
async function results(next: Next): Promise<Told> {
  for (let rows = 0; ; ) {
    const first = await next();
    if (first[0] === 0xff) return { rows, error: decodeErr(first) };
    let status: number;
    if (first[0] === 0) status = decodeOk(first, CAPABILITIES).status;
    else {
      const columns = new BodyReader(first, 'target', 'result header').lenenc();
      for (let index = 0; index < columns; index += 1) await next();
      const end = await next();
      if (end[0] === 0xff) return { rows, error: decodeErr(end) };
      if (decodeEof(end).status & STATUS.CURSOR_EXISTS) return { rows, cursor: true };
      const result = await rowsOf(next);
      rows += result.rows;
      if (result.error !== undefined) return { rows, error: result.error };
      status = result.status;
    }
    if ((status & STATUS.MORE_RESULTS) === 0) return { rows };
  }
}

async function rowsOf(next: Next): Promise<Told & { readonly status: number }> {
  for (let rows = 0; ; rows += 1) {
    const payload = await next();
    if (payload[0] === 0xff) return { rows, error: decodeErr(payload), status: LAST_ROW_SENT };
    if (payload[0] === 0xfe && payload.length < 9) return { rows, status: decodeEof(payload).status };
  }
}
