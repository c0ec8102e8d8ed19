import { GatewayError, type Target, unreachable } from '@sallyport/core';
import { BodyReader } from '../codec/body-reader.ts';
import { packets } from '../codec/bytes.ts';
import { COMMAND } from '../codec/commands.ts';
import { decodeErr } from '../codec/responses.ts';
import { textCells } from '../codec/rows.ts';
import { ErrnoError } from '../errors.ts';
import { loginTarget } from './login-target.ts';
import { PacketReader } from './packet-reader.ts';

/** How long one query may take before the connection is given up. */
const QUERY_MS = 30_000;
const MAX_PACKET_BYTES = 16 * 1024 * 1024;
/** Largest sum of all packets that one answer may have. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** utf8mb4_general_ci */
const COLLATION = 45;

type Rows = readonly (readonly (string | null)[])[];

/** The gateway's own connection to a target: small questions, asked one after another. */
export interface OwnConnection {
  readonly serverVersion: string;
  /** Runs one statement. @throws ErrnoError where the target refuses it; GatewayError where the connection broke */
  query(sql: string): Promise<Rows>;
  close(): void;
}

/**
 * Opens a connection with the gateway's credentials.
 *
 * @param signal bounds the opening, not the connection's life.
 * @throws GatewayError as {@link loginTarget}
 */
export async function openOwnConnection(target: Target, signal: AbortSignal): Promise<OwnConnection> {
  const { socket, greeting } = await loginTarget(target, { capabilities: 0, collation: COLLATION, database: undefined }, signal);
  return {
    serverVersion: greeting.serverVersion,
    async query(sql) {
      try {
        socket.write(packets(Buffer.concat([Buffer.of(COMMAND.QUERY), Buffer.from(sql)]), 0));
        return await readRows(new PacketReader(socket, 'target', AbortSignal.timeout(QUERY_MS)));
      } catch (cause) {
        if (cause instanceof ErrnoError) throw cause;
        socket.destroy();
        throw unreachable(target, "did not answer on the gateway's own connection", cause);
      }
    },
    close: () => {
      socket.end(packets(Buffer.of(COMMAND.QUIT), 0));
      socket.resume();
    },
  };
}

async function readRows(reader: PacketReader): Promise<Rows> {
  let bytes = 0;
  const next = async (): Promise<Buffer> => {
    const { payload } = await reader.packet(MAX_PACKET_BYTES);
    bytes += payload.length;
    if (bytes > MAX_ANSWER_BYTES) throw new GatewayError('ERR_LIMIT', "The answer on the gateway's own connection is too large.");
    if (payload[0] !== 0xff) return payload;
    const err = decodeErr(payload);
    throw new ErrnoError('ERR_TARGET_UNREACHABLE', err, err.message);
  };
  const head = await next();
  if (head[0] === 0) return [];
  const columns = new BodyReader(head, 'target', 'result header').lenenc();
  for (let index = 0; index <= columns; index += 1) await next(); // definitions and their EOF
  const rows: (string | null)[][] = [];
  for (let row = await next(); !isEof(row); row = await next()) {
    rows.push(textCells(row, columns).map(({ value }) => value?.toString() ?? null));
  }
  return rows;
}

function isEof(payload: Buffer): boolean {
  return payload[0] === 0xfe && payload.length < 9;
}
