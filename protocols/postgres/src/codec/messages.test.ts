import { readFileSync } from 'node:fs';
import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { parse } from 'pg-protocol';
import * as authentication from './authentication.ts';
import * as copy from './copy.ts';
import { backendDecoder, frontendDecoder } from './decoder.ts';
import { decodeErrorOrNotice, encodeErrorOrNotice } from './error-fields.ts';
import * as extended from './extended-query.ts';
import type { PgFrame } from './frames.ts';
import { BACKEND, FRONTEND } from './message-types.ts';
import * as query from './query.ts';
import * as rows from './rows.ts';
import * as session from './session-messages.ts';
import { decodeStartupPacket, encodeCancelRequest, encodeStartupMessage } from './startup-packets.ts';

const NAMES = ['psql', 'pgbench', 'node-postgres', 'pipeline'];
const stream = (name: string): Buffer => readFileSync(new URL(`../../../../test-fixtures/postgres/${name}.bin`, import.meta.url));

/** Each message taken apart and put together again. */
const FRONTEND_AGAIN: Readonly<Record<number, (raw: Buffer) => Buffer>> = {
  [FRONTEND.Bind]: (raw) => extended.encodeBind(extended.decodeBind(raw)),
  [FRONTEND.Close]: (raw) => again(extended.decodeClose(raw), ({ kind, name }) => extended.encodeClose(kind, name)),
  [FRONTEND.CopyData]: (raw) => copy.encodeCopyData(copy.decodeCopyData(raw)),
  [FRONTEND.CopyDone]: () => copy.COPY_DONE,
  [FRONTEND.CopyFail]: (raw) => copy.encodeCopyFail(copy.decodeCopyFail(raw).reason),
  [FRONTEND.Describe]: (raw) => again(extended.decodeDescribe(raw), ({ kind, name }) => extended.encodeDescribe(kind, name)),
  [FRONTEND.Execute]: (raw) => again(extended.decodeExecute(raw), ({ portal, maxRows }) => extended.encodeExecute(portal, maxRows)),
  [FRONTEND.Flush]: () => extended.FLUSH,
  [FRONTEND.FunctionCall]: (raw) => query.encodeFunctionCall(query.decodeFunctionCall(raw)),
  [FRONTEND.Parse]: (raw) => extended.encodeParse(extended.decodeParse(raw)),
  [FRONTEND.PasswordMessage]: (raw) => authentication.encodeSASLResponse(authentication.decodeSASLResponse(raw)),
  [FRONTEND.Query]: (raw) => query.encodeQuery(query.decodeQuery(raw).sql),
  [FRONTEND.Sync]: () => extended.SYNC,
  [FRONTEND.Terminate]: () => query.TERMINATE,
};

const BACKEND_AGAIN: Readonly<Record<number, (raw: Buffer) => Buffer>> = {
  [BACKEND.Authentication]: (raw) => authentication.encodeAuthentication(authentication.decodeAuthentication(raw)),
  [BACKEND.BackendKeyData]: (raw) => session.encodeBackendKeyData(session.decodeBackendKeyData(raw)),
  [BACKEND.BindComplete]: () => extended.BIND_COMPLETE,
  [BACKEND.CloseComplete]: () => extended.CLOSE_COMPLETE,
  [BACKEND.CommandComplete]: (raw) => query.encodeCommandComplete(query.decodeCommandComplete(raw).tag),
  [BACKEND.CopyBothResponse]: (raw) => copy.encodeCopyResponse(copy.decodeCopyResponse(raw)),
  [BACKEND.CopyData]: (raw) => copy.encodeCopyData(copy.decodeCopyData(raw)),
  [BACKEND.CopyDone]: () => copy.COPY_DONE,
  [BACKEND.CopyInResponse]: (raw) => copy.encodeCopyResponse(copy.decodeCopyResponse(raw)),
  [BACKEND.CopyOutResponse]: (raw) => copy.encodeCopyResponse(copy.decodeCopyResponse(raw)),
  [BACKEND.DataRow]: (raw) => rows.encodeDataRow(rows.decodeDataRow(raw).cells),
  [BACKEND.EmptyQueryResponse]: () => query.EMPTY_QUERY_RESPONSE,
  [BACKEND.ErrorResponse]: (raw) => encodeErrorOrNotice(decodeErrorOrNotice(raw)),
  [BACKEND.FunctionCallResponse]: (raw) => query.encodeFunctionCallResponse(query.decodeFunctionCallResponse(raw).value),
  [BACKEND.NegotiateProtocolVersion]: (raw) =>
    again(session.decodeNegotiateProtocolVersion(raw), ({ version, unrecognised }) =>
      session.encodeNegotiateProtocolVersion(version, unrecognised),
    ),
  [BACKEND.NoData]: () => extended.NO_DATA,
  [BACKEND.NoticeResponse]: (raw) => encodeErrorOrNotice(decodeErrorOrNotice(raw)),
  [BACKEND.NotificationResponse]: (raw) => session.encodeNotificationResponse(session.decodeNotificationResponse(raw)),
  [BACKEND.ParameterDescription]: (raw) => extended.encodeParameterDescription(extended.decodeParameterDescription(raw).parameterTypes),
  [BACKEND.ParameterStatus]: (raw) =>
    again(session.decodeParameterStatus(raw), ({ name, value }) => session.encodeParameterStatus(name, value)),
  [BACKEND.ParseComplete]: () => extended.PARSE_COMPLETE,
  [BACKEND.PortalSuspended]: () => extended.PORTAL_SUSPENDED,
  [BACKEND.ReadyForQuery]: (raw) => query.encodeReadyForQuery(query.decodeReadyForQuery(raw).status),
  [BACKEND.RowDescription]: (raw) => rows.encodeRowDescription(rows.decodeRowDescription(raw).fields),
};

function again<T>(message: T, encode: (message: T) => Buffer): Buffer {
  return encode(message);
}

function clientSide(name: string): { readonly startup: Buffer; readonly rest: Buffer } {
  const bytes = stream(`${name}.client`);
  const length = bytes.readInt32BE(0);
  return { startup: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

describe.each(NAMES)('the captured stream %s', (name) => {
  const { startup, rest } = clientSide(name);
  const target = stream(`${name}.target`);

  test.each([
    ['client', rest, frontendDecoder],
    ['target', target, backendDecoder],
  ] as const)('gives the same frames for a split at every offset: %s', (_, bytes, decoder) => {
    const frames = [...decoder().push(bytes)];
    expect(Buffer.concat(frames.map(({ raw }) => raw)).equals(bytes)).toBe(true);
    const outline = (of: readonly PgFrame[]): string => of.map(({ raw, type, size }) => `${type}:${size}:${raw.length}`).join();
    const expected = outline(frames);
    for (let at = 0; at <= bytes.length; at += 1) {
      const split = decoder();
      const parts = [...split.push(bytes.subarray(0, at)), ...split.push(bytes.subarray(at))];
      if (outline(parts) !== expected) throw new Error(`split at ${at}`);
    }
  });

  test('is the same after each message was decoded and encoded', () => {
    for (const { type, raw } of frontendDecoder().push(rest)) expect(FRONTEND_AGAIN[type]?.(raw)).toEqual(raw);
    for (const { type, raw } of backendDecoder().push(target)) expect(BACKEND_AGAIN[type]?.(raw)).toEqual(raw);
    const packet = decodeStartupPacket(startup);
    if (packet.type !== 'StartupMessage') throw new Error(packet.type);
    expect(encodeStartupMessage(packet.minor, packet.parameters)).toEqual(startup);
  });

  test('says what pg-protocol says', async () => {
    const theirs: Record<string, unknown>[] = [];
    const source = Object.assign((async function* () {})(), {
      on: (event: string, take: (chunk: Buffer) => void) => event === 'data' && take(target),
    });
    void parse(source as unknown as NodeJS.ReadableStream, (message) => theirs.push(message as unknown as Record<string, unknown>));
    const ours = [...backendDecoder().push(target)];
    expect(theirs).toHaveLength(ours.length);
    for (const [index, { type, raw }] of ours.entries()) agree(type, raw, theirs[index] ?? {});
  });

  test('RowCells finds the cells that decodeDataRow gives', () => {
    const cells = new rows.RowCells();
    for (const { type, raw } of backendDecoder().push(target)) {
      if (type !== BACKEND.DataRow) continue;
      cells.read(raw);
      const found = Array.from({ length: cells.count }, (_, index) =>
        cells.isNull(index) ? null : raw.subarray(cells.start(index), cells.end(index)),
      );
      expect(found).toEqual(rows.decodeDataRow(raw).cells);
    }
  });
});

/** Compares what both make of one message. Messages without content only need to be as many. */
function agree(type: number, raw: Buffer, theirs: Record<string, unknown>): void {
  expect(theirs['length']).toBe(raw.length - 1);
  if (type === BACKEND.DataRow) expect(rows.decodeDataRow(raw).cells.map((cell) => cell?.toString() ?? null)).toEqual(theirs['fields']);
  else if (type === BACKEND.CommandComplete) expect(query.decodeCommandComplete(raw).tag).toBe(theirs['text']);
  else if (type === BACKEND.ReadyForQuery) expect(query.decodeReadyForQuery(raw).status).toBe(theirs['status']);
  else if (type === BACKEND.ParameterDescription)
    expect(extended.decodeParameterDescription(raw).parameterTypes).toEqual(theirs['dataTypeIDs']);
  else if (type === BACKEND.ParameterStatus) {
    expect(session.decodeParameterStatus(raw)).toMatchObject({ name: theirs['parameterName'], value: theirs['parameterValue'] });
  } else if (type === BACKEND.NotificationResponse) {
    const { processId, channel, payload } = theirs;
    expect(session.decodeNotificationResponse(raw)).toMatchObject({ processId, channel, payload });
  } else if (type === BACKEND.ErrorResponse || type === BACKEND.NoticeResponse) {
    const { fields } = decodeErrorOrNotice(raw);
    expect([fields.get('S'), fields.get('C'), fields.get('M'), fields.get('D'), fields.get('H')]).toEqual(
      ['severity', 'code', 'message', 'detail', 'hint'].map((key) => theirs[key]),
    );
  } else if (type === BACKEND.RowDescription) {
    const keys = ['name', 'tableID', 'columnID', 'dataTypeID', 'dataTypeSize', 'dataTypeModifier'];
    const fields = theirs['fields'] as Record<string, unknown>[];
    expect(rows.decodeRowDescription(raw).fields.map((field) => Object.values(field).slice(0, 6))).toEqual(
      fields.map((field) => keys.map((key) => field[key])),
    );
  } else if (type === BACKEND.BackendKeyData) {
    const { processID, secretKey } = theirs;
    const key = session.decodeBackendKeyData(raw);
    expect([key.processId, key.secretKey.readInt32BE()]).toEqual([processID, secretKey]);
  }
}

describe('laws of the messages', () => {
  test('the streams hold every kind of message but those that never occur there', () => {
    const seen = new Set(NAMES.flatMap((name) => [...backendDecoder().push(stream(`${name}.target`))].map(({ type }) => type)));
    const missing = Object.entries(BACKEND).filter(([, type]) => !seen.has(type));
    expect(missing.map(([name]) => name).sort()).toEqual(['CopyBothResponse', 'NegotiateProtocolVersion']);
  });

  test.each([
    ['client', FRONTEND_AGAIN],
    ['target', BACKEND_AGAIN],
  ] as const)('a body of random bytes throws nothing but ProtocolError: %s', (side, decoders) => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(decoders).map(Number)), fc.uint8Array({ maxLength: 60 }), (type, body) => {
        const raw = Buffer.concat([Buffer.of(type, 0, 0, 0, body.length + 4), body]);
        try {
          decoders[type]?.(raw);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect(error).toMatchObject({ side });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a start-up packet of random bytes too', () => {
    fc.assert(
      fc.property(fc.constantFrom(0x30000, 0x30002, 80877102, 80877103, 80877104, 7), fc.uint8Array({ maxLength: 60 }), (code, body) => {
        const packet = Buffer.concat([Buffer.alloc(8), body]);
        packet.writeInt32BE(code, 4);
        try {
          decodeStartupPacket(packet);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a DataRow of random bytes is refused by RowCells where decodeDataRow refuses it', () => {
    const cells = new rows.RowCells();
    const refuses = (read: () => void): boolean => {
      try {
        read();
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        return true;
      }
    };
    const small = fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 255), { maxLength: 30 });
    fc.assert(
      fc.property(small, (body) => {
        const raw = Buffer.from([BACKEND.DataRow, 0, 0, 0, body.length + 4, ...body]);
        expect(refuses(() => cells.read(raw))).toBe(refuses(() => rows.decodeDataRow(raw)));
      }),
      { numRuns: 5000 },
    );
  });

  const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !value.includes('\0'));
  const value = fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)));
  const formats = fc.array(fc.constantFrom(0, 1), { maxLength: 4 });

  test('decode after encode is the identity', () => {
    fc.assert(
      fc.property(text, text, fc.array(value, { maxLength: 5 }), formats, fc.nat(), (one, two, values, codes, number) => {
        const bind = { portal: one, statement: two, parameterFormats: codes, parameters: values, resultFormats: codes };
        expect(extended.decodeBind(extended.encodeBind(bind))).toEqual({ type: 'Bind', ...bind });
        const parsed = { statement: one, sql: two, parameterTypes: [number, 4_294_967_295] };
        expect(extended.decodeParse(extended.encodeParse(parsed))).toEqual({ type: 'Parse', ...parsed });
        expect(extended.decodeExecute(extended.encodeExecute(one, number))).toEqual({ type: 'Execute', portal: one, maxRows: number });
        expect(rows.decodeDataRow(rows.encodeDataRow(values)).cells).toEqual(values);
        const call = { functionOid: number, formats: codes, arguments: values, resultFormat: 1 };
        expect(query.decodeFunctionCall(query.encodeFunctionCall(call))).toEqual({ type: 'FunctionCall', ...call });
        const field = { name: one, tableOid: 4_000_000_000, column: -1, typeOid: number, typeSize: -1, typeModifier: -1, format: 1 };
        expect(rows.decodeRowDescription(rows.encodeRowDescription([field, field])).fields).toEqual([field, field]);
        const negotiation = { version: 0x30002, unrecognised: [one, two] };
        expect(session.decodeNegotiateProtocolVersion(session.encodeNegotiateProtocolVersion(0x30002, [one, two]))).toMatchObject(
          negotiation,
        );
        expect(authentication.decodePasswordMessage(authentication.encodePasswordMessage(one)).password).toBe(one);
        const initial = authentication.encodeSASLInitialResponse(two, values[0] ?? null);
        expect(authentication.decodeSASLInitialResponse(initial)).toMatchObject({ mechanism: two, data: values[0] ?? null });
      }),
    );
  });

  test('a cancel key may have 4 to 256 bytes', () => {
    for (const length of [4, 32, 256]) {
      const key = { processId: 7, secretKey: Buffer.alloc(length, 1) };
      expect(decodeStartupPacket(encodeCancelRequest(key))).toEqual({ type: 'CancelRequest', ...key });
    }
    for (const length of [0, 3, 257]) {
      expect(() => decodeStartupPacket(encodeCancelRequest({ processId: 7, secretKey: Buffer.alloc(length) }))).toThrow(ProtocolError);
    }
  });

  test.each([
    ['INSERT 0 5', 5],
    ['SELECT 100000000000', 100_000_000_000],
    ['COPY 0', 0],
    ['CREATE TABLE', undefined],
    ['', undefined],
  ])('the tag %j counts %s rows', (tag, count) => {
    expect(query.tagRows(tag)).toBe(count);
  });

  test('a text with a zero byte is not sent', () => {
    expect(() => query.encodeQuery('SELECT 1\0; DROP TABLE t')).toThrow('zero byte');
  });
});

test('a ParameterDescription whose count wrapped round is understood, one that lies is not', () => {
  const types = Array.from({ length: 65_537 }, () => 25);
  const body = Buffer.alloc(2 + 4 * types.length);
  body.writeUInt16BE(types.length % 65_536, 0);
  for (const [index, type] of types.entries()) body.writeInt32BE(type, 2 + 4 * index);
  const header = Buffer.alloc(5);
  header.writeUInt8(0x74, 0);
  header.writeInt32BE(4 + body.length, 1);
  expect(extended.decodeParameterDescription(Buffer.concat([header, body])).parameterTypes).toHaveLength(65_537);
  body.writeUInt16BE(7, 0);
  expect(() => extended.decodeParameterDescription(Buffer.concat([header, body]))).toThrow(/says 7 types/);
});
