import type { TextMask } from '@sallyport/core';
import { redact } from '@sallyport/core/testing';
import fc from 'fast-check';
import { column, command, eof, err, query, result, type Scene, scene, textRow } from '../../test/playbook-kit.ts';
import { int, lenenc, lenencBytes, packets } from '../codec/bytes.ts';
import { CAPABILITY } from '../codec/capabilities.ts';
import { encodeColumn } from '../codec/columns.ts';
import { COMMAND } from '../codec/commands.ts';

const customers = { schema: 'shop', name: 'customers', columns: ['name', 'card'] };
const NAME = column('name', { schema: 'shop', orgTable: 'customers', orgName: 'name' });
const CARD = column('card', { schema: 'shop', orgTable: 'customers', orgName: 'card' });
const columns = [NAME, CARD];
const masks = { 'shop.customers.card': redact };
const SQL = 'SELECT name, card FROM customers';
const DEPRECATE = CAPABILITY.PROTOCOL_41 | CAPABILITY.MULTI_STATEMENTS | CAPABILITY.DEPRECATE_EOF;
const cells = fc.array(fc.tuple(fc.string(), fc.option(fc.constantFrom('4111', '', 'x'.repeat(300)))), { maxLength: 20 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** The end of a result for a client with DEPRECATE_EOF. */
const end = (sequence: number, status = 2): Buffer => packets(Buffer.concat([Buffer.of(0xfe, 0, 0), int(status, 2), int(0, 2)]), sequence);

function deprecating(rows: readonly Buffer[], sequence: number, status: number): Buffer {
  const payloads = [lenenc(columns.length), ...columns.map(encodeColumn), ...rows];
  return Buffer.concat([...payloads.map((payload, index) => packets(payload, sequence + index)), end(sequence + payloads.length, status)]);
}

function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const at = [0, ...offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((to, index) => bytes.subarray(at[index], to));
}

async function asked(sql: string, capabilities?: number): Promise<Scene> {
  const one = scene({ masks }, [customers], capabilities === undefined ? {} : { capabilities });
  await one.play.client(query(sql));
  if (capabilities === undefined) await one.context();
  else {
    const own = ['', 'utf8mb4', 'shop', 'app@%', '0'];
    const definitions = own.map((name, index) => packets(encodeColumn(column(name)), index + 2));
    await one.play.target(packets(lenenc(5), 1), ...definitions, packets(textRow(own), 7), end(8));
    await one.play.client();
  }
  one.play.take('target');
  return one;
}

const shown = (rows: readonly (readonly (string | null)[])[]): (string | null)[][] =>
  rows.map(([name = null, card]) => [name, card === null ? null : '***']);

describe('however the target’s bytes are cut, the client gets the same', () => {
  test('two masked results, with and without DEPRECATE_EOF', async () => {
    const law = fc.asyncProperty(cells, cells, cuts, fc.boolean(), async (one, two, offsets, deprecate) => {
      const { play, gate } = await asked(`${SQL}; ${SQL}`, deprecate ? DEPRECATE : undefined);
      const answer = (both: readonly (readonly (readonly (string | null)[])[])[]): Buffer => {
        const [first = [], second = []] = both.map((list) => list.map(textRow));
        const behind = 1 + 1 + columns.length + (deprecate ? 1 : 2) + first.length;
        if (deprecate) return Buffer.concat([deprecating(first, 1, 0x000a), deprecating(second, behind, 2)]);
        return Buffer.concat([result({ columns, rows: first, status: 0x000a }), result({ columns, rows: second, sequence: behind })]);
      };
      await play.target(...cut(answer([one, two]), offsets));
      play.expect('client', answer([shown(one), shown(two)]));
      expect(gate.notes).toMatchObject([{ type: 'result', state: 'completed', rows: one.length + two.length }]);
    });
    await fc.assert(law, { numRuns: 60 });
  });

  test('an error in place of the rest', async () => {
    const law = fc.asyncProperty(cells, cuts, async (rows, offsets) => {
      const { play, gate } = await asked(SQL);
      const answer = (list: readonly (readonly (string | null)[])[], message: string): Buffer => {
        const whole = result({ columns, rows: list.map(textRow) });
        return Buffer.concat([whole.subarray(0, -9), err({ code: 1317, sqlState: '70100', message }, 5 + list.length)]);
      };
      await play.target(...cut(answer(rows, 'Query execution was interrupted'), offsets));
      play.expect('client', answer(shown(rows), 'Query execution was interrupted'));
      expect(gate.notes).toMatchObject([{ type: 'result', state: 'failed', rows: rows.length }]);
    });
    await fc.assert(law, { numRuns: 40 });
  });

  test('a cursor’s rows', async () => {
    const row = ([name, card]: readonly (string | null)[]): Buffer =>
      Buffer.concat([
        Buffer.of(0, card === null ? 8 : 0),
        lenencBytes(name ?? ''),
        card === null ? Buffer.alloc(0) : lenencBytes(card ?? ''),
      ]);
    const law = fc.asyncProperty(cells, cuts, async (rows, offsets) => {
      const { play, context } = scene({ masks }, [customers]);
      await play.client(command(COMMAND.STMT_PREPARE, SQL));
      await context();
      const definitions = columns.map((one, index) => packets(encodeColumn(one), index + 2));
      const prepared = packets(Buffer.concat([Buffer.of(0), int(4, 4), int(2, 2), int(0, 2), Buffer.alloc(3)]), 1);
      await play.target(prepared, ...definitions, eof(4));
      await play.client(command(COMMAND.STMT_EXECUTE, Buffer.concat([int(4, 4), Buffer.of(1), int(1, 4)])));
      await play.target(packets(lenenc(2), 1), ...definitions, eof(4, 0x42));
      play.take('client');
      await play.client(command(COMMAND.STMT_FETCH, Buffer.concat([int(4, 4), int(100, 4)])));
      const wire = (list: readonly (readonly (string | null)[])[]): Buffer =>
        Buffer.concat([...list.map((one, index) => packets(row(one), index + 1)), eof(list.length + 1, 0x82)]);
      await play.target(...cut(wire(rows), offsets));
      play.expect('client', wire(shown(rows)));
    });
    await fc.assert(law, { numRuns: 40 });
  });
});

describe('rows that come together', () => {
  const many = Array.from({ length: 600 }, (_, index) => [`name ${index}`, index % 3 === 0 ? null : '4111']);

  test('are one piece to the client, with the numbers that it expects, beyond 255 too', async () => {
    const { play, gate } = await asked(SQL);
    await play.target(result({ columns, rows: many.map(textRow) }));
    const answer = result({ columns, rows: shown(many).map(textRow) });
    play.expect('client', answer);
    const rows = answer.length - 9 - result({ columns, rows: [] }).length + 9;
    expect(gate.notes).toMatchObject([{ rows: 600, bytes: rows, masked: { 'test redact': 400 } }]);
  });

  test('pass as they came where nothing in them is masked', async () => {
    const { play, relay } = await asked('SELECT name FROM customers');
    const answer = result({ columns: [NAME], rows: many.map(([name = null]) => textRow([name])) });
    const rows = answer.subarray(result({ columns: [NAME], rows: [] }).length - 9, -9);
    await play.target(answer.subarray(0, answer.length - rows.length - 9));
    const frame = { raw: rows, first: true, last: true, sequence: 4, header: true, payload: rows.subarray(4), size: rows.length - 4 };
    expect(relay.fromTarget({ ...frame, messages: 600 })).toEqual([{ to: 'client', data: rows }]);
  });

  test('are numbered anew where the target counts otherwise', async () => {
    const { play } = await asked('SELECT name FROM customers');
    const rows = many.map(([name = null]) => textRow([name]));
    const answer = result({ columns: [NAME], rows });
    const odd = Buffer.concat([
      answer.subarray(0, result({ columns: [NAME], rows: [] }).length - 9),
      ...rows.map((row) => packets(row, 7)),
    ]);
    await play.target(odd, answer.subarray(-9));
    play.expect('client', answer);
  });

  test('are not rewritten where no form is found in any of them', async () => {
    const looked: [number, number][] = [];
    const textMask: TextMask = {
      mayFind: (bytes, from, to) => {
        looked.push([from, to]);
        return bytes.subarray(from, to).includes('4111');
      },
      value: (bytes, from, to) => Buffer.from(bytes.toString('latin1', from, to).replaceAll('4111', '****'), 'latin1'),
      stream: () => ({ push: (bytes) => bytes, flush: () => Buffer.alloc(0) }),
      runs: () => ({ push: (bytes) => [{ length: bytes.length }], flush: () => [] }),
    };
    const { play, context } = scene({ textMask });
    await play.client(query('SELECT name, card FROM customers'));
    await context();
    play.take('target');
    const answer = (rows: readonly (readonly (string | null)[])[]): Buffer => result({ columns, rows: rows.map(textRow) });
    looked.length = 0;
    const clear = many.map(([name = null]) => [name, '4112']);
    await play.target(answer(clear));
    play.expect('client', answer(clear));
    expect(looked.length).toBe(1);
    await play.client(query('SELECT name, card FROM customers'));
    play.take('target');
    const mixed = [...clear.slice(0, 9), ['my 4111', '41'], ['11', null]];
    await play.target(answer(mixed));
    play.expect('client', answer(mixed.map((row) => row.map((one) => one?.replace('4111', '****') ?? null))));
  });
});
