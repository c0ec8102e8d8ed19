import { testGate as anyGate, type Playbook, playbook, type TestGate, type TestRules } from '@sallyport/core/testing';
import { analyse } from '../src/classify/classifier.ts';
import { int, lenenc, lenencBytes, packets } from '../src/codec/bytes.ts';
import { CAPABILITY } from '../src/codec/capabilities.ts';
import { type ColumnDefinition, encodeColumn, TYPE } from '../src/codec/columns.ts';
import { COMMAND } from '../src/codec/commands.ts';
import { packetDecoder } from '../src/codec/decoder.ts';
import { type Err, encodeErr, encodeOk } from '../src/codec/responses.ts';
import type { FindSession } from '../src/relay/client-side.ts';
import { createRelay, type MysqlRelay } from '../src/relay/relay.ts';
import { type Relation, Schema } from '../src/relay/schema.ts';
import { openDatabases } from '../src/startup/open-databases.ts';
import { doubleSha1 } from '../src/startup/proofs.ts';
import { targetAt } from './test-target.ts';

export function testGate(rules: TestRules): TestGate {
  return anyGate({ isMask: (text) => text.includes('[redacted]') || /^\*+\d{4}$/.test(text), ...rules });
}

export const SECRET = 'sp_secret';

/** A command's packet. */
export function command(code: number, body: Buffer | string = ''): Buffer {
  return packets(Buffer.concat([Buffer.of(code), Buffer.from(body)]), 0);
}

export const query = (sql: string): Buffer => command(COMMAND.QUERY, sql);
export const ok = (sequence = 1, status = 2): Buffer => packets(encodeOk(status), sequence);
export const err = (error: Err, sequence = 1): Buffer => packets(encodeErr(error), sequence);
export const eof = (sequence: number, status = 2): Buffer => packets(Buffer.concat([Buffer.of(0xfe), int(0, 2), int(status, 2)]), sequence);

export function column(name: string, other: Partial<ColumnDefinition> = {}): ColumnDefinition {
  return { schema: '', orgTable: '', name, orgName: '', charset: 45, type: TYPE.VAR_STRING, flags: 0, ...other };
}

export function textRow(cells: readonly (string | null)[]): Buffer {
  return Buffer.concat(cells.map((cell) => (cell === null ? Buffer.of(0xfb) : lenencBytes(cell))));
}

export interface ResultParts {
  readonly columns: readonly ColumnDefinition[];
  readonly rows: readonly Buffer[];
  readonly sequence?: number;
  /** Of the end; 0x40 between definitions and rows for a cursor. */
  readonly status?: number;
}

/** A result with EOF packets, as a server without DEPRECATE_EOF sends it. */
export function result({ columns, rows, sequence = 1, status = 2 }: ResultParts): Buffer {
  const payloads = [lenenc(columns.length), ...columns.map(encodeColumn)];
  const pieces = payloads.map((payload, index) => packets(payload, sequence + index));
  const behind = sequence + payloads.length;
  pieces.push(eof(behind, 2), ...rows.map((row, index) => packets(row, behind + 1 + index)), eof(behind + 1 + rows.length, status));
  return Buffer.concat(pieces);
}

export interface Scene {
  readonly play: Playbook;
  readonly relay: MysqlRelay;
  readonly gate: TestGate;
  /** Answers the relay's question who the session is. */
  context(sqlMode?: string, database?: string): Promise<void>;
  readonly refused: string[];
}

const NOWHERE = { host: 'db.internal', port: 3306, user: 'app', password: '' };
const CONTEXT = ['mode', 'charset', 'database', 'user', 'fold'].map((name) => column(name));

/** A relay at a database `shop` of MariaDB, both sides idle; the first text asks for the context. */
export function scene(
  rules: TestRules = {},
  relations: readonly Relation[] = [],
  options: { readonly capabilities?: number; readonly findSession?: FindSession; readonly databases?: readonly string[] } = {},
): Scene {
  const gate = testGate(rules);
  const schema = new Schema(relations);
  const refused: string[] = [];
  const relay = createRelay({
    gate,
    analyse,
    schema: { current: () => schema, get: () => Promise.resolve(schema), invalidate: () => undefined },
    databases: openDatabases(targetAt(NOWHERE, { options: { databases: options.databases ?? [] } })),
    capabilities: options.capabilities ?? CAPABILITY.PROTOCOL_41 | CAPABILITY.MULTI_STATEMENTS,
    status: 2,
    parser: { family: 'mariadb', version: 101_100, functions: new Set() },
    holder: {
      user: 'alice',
      sha1sha1: doubleSha1(SECRET),
      terms: { secure: true, rsa: undefined },
      refused: (why) => void refused.push(why),
    },
    findSession: options.findSession ?? (() => undefined),
  });
  const play = playbook(relay, { client: packetDecoder('client'), target: packetDecoder('target', { runs: true }) });
  return {
    play,
    relay,
    gate,
    refused,
    async context(sqlMode = '', database = 'shop') {
      if (!play.take('target').toString('latin1').includes('@@SESSION.sql_mode')) throw new Error('The relay asked for no context.');
      await play.target(result({ columns: CONTEXT, rows: [textRow([sqlMode, 'utf8mb4', database, 'app@%', '0'])] }));
      await play.client(); // the step that waited goes on
    },
  };
}
