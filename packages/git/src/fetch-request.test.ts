import { type FetchRequest, FetchRequestReader, WANTS_KEPT } from './fetch-request.ts';
import { DELIMITER, FLUSH, pktLine } from './pkt-line.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

/** One byte at a time. */
function read(stream: Buffer): FetchRequest[] {
  const reader = new FetchRequestReader();
  return Array.from(stream).flatMap((byte) => reader.push(Buffer.from([byte])));
}

test('protocol 0: wants, depth and filter; what negotiates is no request', () => {
  const lines = [`want ${A} multi_ack side-band-64k agent=git/2\n`, `want ${B}\n`, `shallow ${B}\n`, 'deepen 3\n', 'filter blob:none\n'];
  const stream = Buffer.concat([...lines.map(pktLine), FLUSH, pktLine(`have ${A}\n`), FLUSH, pktLine('done\n')]);
  expect(read(stream)).toEqual([{ command: 'fetch', wants: [A, B], wanted: 2, refs: [], depth: ['deepen 3'], filter: 'blob:none' }]);
});

test('protocol 2: a listing, then a fetch', () => {
  const list = [
    pktLine('command=ls-refs\n'),
    pktLine('agent=git/2'),
    DELIMITER,
    pktLine('peel\n'),
    pktLine('ref-prefix refs/heads/\n'),
    FLUSH,
  ];
  const fetch = [pktLine('command=fetch'), DELIMITER, pktLine(`want ${A}\n`), pktLine('want-ref refs/heads/x\n'), pktLine('done\n'), FLUSH];
  expect(read(Buffer.concat([...list, ...fetch]))).toEqual([
    { command: 'ls-refs', wants: [], wanted: 0, refs: ['refs/heads/'], depth: [] },
    { command: 'fetch', wants: [A], wanted: 1, refs: ['refs/heads/x'], depth: [] },
  ]);
});

test('of many wants some are kept, all are counted', () => {
  const [request] = read(Buffer.concat([...Array.from({ length: 150 }, () => pktLine(`want ${A}`)), FLUSH]));
  expect(request?.wants).toHaveLength(WANTS_KEPT);
  expect(request?.wanted).toBe(150);
});

test('what a client writes cannot move the cursor of who reads the record', () => {
  const [request] = read(Buffer.concat([pktLine('command=\x1b[2J\u202e'), FLUSH]));
  expect(request?.command).toBe('\\u{1b}[2J\\u{202e}');
});
