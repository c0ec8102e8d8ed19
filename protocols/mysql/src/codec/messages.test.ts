import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { BodyReader } from './body-reader.ts';
import { int, lenenc, lenencBytes } from './bytes.ts';
import { CAPABILITY, offered, towardsTarget } from './capabilities.ts';
import { decodeColumn, encodeColumn, TYPE } from './columns.ts';
import {
  decodeAuthSwitch,
  decodeGreeting,
  decodeHandshakeResponse,
  encodeAuthSwitch,
  encodeGreeting,
  encodeHandshakeResponse,
} from './handshake.ts';
import { decodeEof, decodeErr, decodeOk, encodeErr, encodeOk } from './responses.ts';
import { binaryCells, nullBit, textCells } from './rows.ts';
import { decodeExecute, decodeLongData, decodePrepareOk } from './statements.ts';
import { valueText } from './values.ts';

const name = fc.stringMatching(/^[a-zA-Z_@. ]{0,20}$/);
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

describe('length-encoded fields', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), bytes(70_000), (number, data) => {
        const body = new BodyReader(Buffer.concat([lenenc(number), lenencBytes(data)]), 'client', 'test');
        expect(body.lenenc()).toBe(number);
        expect(body.lenencBytes().equals(data)).toBe(true);
        expect(body.remaining).toBe(0);
      }),
    );
  });
});

describe('the handshake', () => {
  const capabilities = fc.nat({ max: 0xffffffff }).map((flags) => (offered(flags) & ~CAPABILITY.SSL) >>> 0);

  test('greetings and responses come back as they were', () => {
    const nonce = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(name, nonce, capabilities, name, bytes(250), name, (version, salt, flags, user, proof, database) => {
        const greeting = {
          serverVersion: version,
          threadId: 7,
          nonce: salt,
          capabilities: flags,
          collation: 45,
          status: 2,
          plugin: 'some_plugin',
        };
        expect(decodeGreeting(encodeGreeting(greeting))).toEqual(greeting);
        const response = {
          capabilities: flags,
          collation: 8,
          user,
          proof,
          ...(database !== '' && { database }),
          plugin: 'p',
          attributes: new Map([['program_name', version]]),
        };
        expect(decodeHandshakeResponse(encodeHandshakeResponse(response))).toEqual(response);
        expect(decodeAuthSwitch(encodeAuthSwitch('p', salt))).toEqual({ plugin: 'p', data: Buffer.concat([salt, Buffer.of(0)]) });
      }),
    );
  });

  test('nothing that hides bytes from the gateway is offered, or asked of the target', () => {
    const hiding = [5, 7, 25, 26, 27, 28, 29].reduce((sum, bit) => sum | (1 << bit), 0); // compression, LOCAL INFILE, …
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), fc.nat({ max: 0xffffffff }), (client, target) => {
        expect(offered(target) & hiding).toBe(0);
        expect(towardsTarget(client, target, true, true) & hiding).toBe(0);
        const both = client & offered(target);
        for (const flag of [CAPABILITY.DEPRECATE_EOF, CAPABILITY.SESSION_TRACK, CAPABILITY.MULTI_STATEMENTS, CAPABILITY.PS_MULTI_RESULTS])
          expect(towardsTarget(both, target, false, false) & flag).toBe(both & flag);
      }),
    );
  });
});

describe('answers', () => {
  test('OK, EOF, ERR and definitions', () => {
    expect(decodeOk(encodeOk(3), 0)).toEqual({ affectedRows: 0, status: 3, warnings: 0 });
    expect(decodeEof(Buffer.from('fe01000200', 'hex'))).toEqual({ warnings: 1, status: 2 });
    const err = { code: 1227, sqlState: '42000', message: 'no' };
    expect(decodeErr(encodeErr(err))).toEqual(err);
    expect(decodeErr(Buffer.concat([Buffer.of(0xff), int(1040, 2), Buffer.from('Too many')]))).toMatchObject({
      code: 1040,
      message: 'Too many',
    });
    const column = { schema: 's', orgTable: 't', name: 'n', orgName: 'o', charset: 45, type: TYPE.VAR_STRING, flags: 1 };
    expect(decodeColumn(encodeColumn(column))).toEqual(column);
  });

  test('a change of the database in an OK with session tracking', () => {
    const data = lenencBytes('shop');
    const changes = Buffer.concat([Buffer.of(1), lenencBytes(data)]);
    const ok = Buffer.concat([Buffer.of(0, 0, 0), int(0x4002, 2), int(0, 2), lenencBytes(''), lenencBytes(changes)]);
    expect(decodeOk(ok, CAPABILITY.SESSION_TRACK)).toMatchObject({ schema: 'shop' });
    expect(decodeOk(ok, 0)).not.toHaveProperty('schema');
  });
});

describe('rows and values', () => {
  test('text cells are found where they are', () => {
    fc.assert(
      fc.property(fc.array(fc.option(bytes(300))), (cells) => {
        const row = Buffer.concat(cells.map((cell) => (cell === null ? Buffer.of(0xfb) : lenencBytes(cell))));
        const found = textCells(row, cells.length);
        expect(found.map(({ value }) => value?.toString('hex') ?? null)).toEqual(cells.map((cell) => cell?.toString('hex') ?? null));
      }),
    );
  });

  test('binary cells of every width, and NULL set in place', () => {
    const columns = [{ type: TYPE.LONG }, { type: TYPE.VAR_STRING }, { type: TYPE.DATETIME }, { type: TYPE.NULL }];
    const values = [int(7, 4), lenencBytes('abc'), Buffer.from('04e9070b15', 'hex')];
    const row = Buffer.concat([Buffer.of(0, 0b0010_0000), ...values]);
    const cells = binaryCells(row, columns);
    expect(cells.map(({ value }) => value?.toString('hex'))).toEqual(['07000000', '616263', 'e9070b15', undefined]);
    const without = Buffer.concat([Buffer.of(0, 0b0010_0000), values[0] as Buffer, values[2] as Buffer]);
    const { at, bits } = nullBit(1);
    without[at] = (without[at] as number) | bits;
    expect(binaryCells(without, columns).map(({ value }) => value === undefined)).toEqual([false, true, false, true]);
  });

  test('values of the binary protocol as text', () => {
    const texts: readonly [string, number, boolean, string][] = [
      ['ff', TYPE.TINY, false, '-1'],
      ['ff', TYPE.TINY, true, '255'],
      ['ffffffffffffffff', TYPE.LONGLONG, true, '18446744073709551615'],
      ['00000000', TYPE.FLOAT, false, '0'],
      ['e9070b15', TYPE.DATE, false, '2025-11-21'],
      ['e9070b150e1e0540420f00', TYPE.DATETIME, false, '2025-11-21 14:30:05.1000000'.slice(0, 26)],
      ['', TYPE.DATETIME, false, '0000-00-00 00:00:00'],
      ['0101000000020304', TYPE.TIME, false, '-26:03:04'],
    ];
    for (const [hex, type, unsigned, text] of texts) {
      const shown = valueText(Buffer.from(hex, 'hex'), type, unsigned);
      expect(type === TYPE.DATETIME && hex !== '' ? shown?.slice(0, 19) : shown).toBe(
        type === TYPE.DATETIME && hex !== '' ? text.slice(0, 19) : text,
      );
    }
    expect(valueText(Buffer.of(0xff, 0xfe), TYPE.BLOB, false)).toBeUndefined();
  });
});

describe('prepared statements', () => {
  const head = Buffer.concat([int(9, 4), Buffer.of(1), int(1, 4)]);

  test('values with their types, with types of before, and as long data', () => {
    const typed = Buffer.concat([head, Buffer.of(0b10, 1, TYPE.LONG, 0, TYPE.VAR_STRING, 0, TYPE.TINY, 0x80), int(5, 4), Buffer.of(200)]);
    const first = decodeExecute(typed, 3, [], new Set());
    expect(first).toMatchObject({ statement: 9, flags: 1 });
    expect(first.parameters.map(({ value }) => value)).toEqual([int(5, 4), null, Buffer.of(200)]);
    const untyped = Buffer.concat([head, Buffer.of(0, 0), int(6, 4), Buffer.of(1)]);
    const again = decodeExecute(untyped, 3, first.parameters, new Set([1]));
    expect(again.parameters.map(({ value }) => value)).toEqual([int(6, 4), undefined, Buffer.of(1)]);
    expect(() => decodeExecute(untyped, 3, [], new Set())).toThrow(ProtocolError);
    expect(decodePrepareOk(Buffer.concat([Buffer.of(0), int(9, 4), int(2, 2), int(3, 2), Buffer.alloc(3)]))).toEqual({
      statement: 9,
      columns: 2,
      parameters: 3,
    });
    expect(decodeLongData(Buffer.concat([int(9, 4), int(1, 2), Buffer.from('piece')]))).toEqual({
      statement: 9,
      parameter: 1,
      data: Buffer.from('piece'),
    });
  });
});

describe('random bytes', () => {
  test('break a decoder with a ProtocolError and nothing else', () => {
    const decoders: readonly ((payload: Buffer) => unknown)[] = [
      decodeGreeting,
      decodeHandshakeResponse,
      decodeAuthSwitch,
      decodeErr,
      decodeEof,
      decodeColumn,
      decodePrepareOk,
      decodeLongData,
      (payload) => decodeOk(payload, CAPABILITY.SESSION_TRACK),
      (payload) => textCells(payload, 5),
      (payload) => binaryCells(payload, [{ type: TYPE.LONG }, { type: TYPE.DATETIME }, { type: TYPE.BLOB }]),
      (payload) => decodeExecute(payload, 3, [], new Set([1])),
    ];
    fc.assert(
      fc.property(bytes(120), (payload) => {
        for (const read of decoders) {
          try {
            read(payload);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
