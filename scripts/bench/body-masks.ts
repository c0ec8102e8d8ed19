/**
 * How fast bodies are masked, in this process alone.
 *
 *   node scripts/bench/body-masks.ts [--seconds 1] [--rounds 5] [--only WORD]
 *
 * Bodies come in pieces of 64 KiB.
 */
import { parseArgs } from 'node:util';
import type { ContentMasks } from '../../packages/core/src/mask.ts';
import { compileFieldMasks } from '../../packages/masking/src/field/field-masks.ts';
import { parseFieldPath } from '../../packages/masking/src/field/field-path.ts';
import { makeMask } from '../../packages/masking/src/method.ts';
import { DETECTOR_NAMES } from '../../packages/masking/src/text/detectors.ts';
import { RulesMask } from '../../packages/masking/src/text/text-mask.ts';
import { JsonMask } from '../../protocols/http/src/body/json/json-mask.ts';
import { LOWER, Random } from '../../test-fixtures/detection/random.ts';

const PIECE = 64 * 1024;
const SIZE = 8 << 20;

const random = new Random(1);
const words = (count: number) => Array.from({ length: count }, () => random.text(LOWER, random.between(2, 10))).join(' ');
const day = () => `20${random.between(10, 26)}-0${random.between(1, 9)}-${random.between(10, 28)}`;

const KINDS: Readonly<Record<string, () => unknown>> = {
  'products: names, texts, prices': () => ({
    id: random.below(1e6),
    name: words(3),
    description: words(40),
    price: random.below(1e5) / 100,
    tags: [words(1), words(1)],
    stock: { berlin: random.below(100), paris: random.below(100) },
  }),
  'orders: many small values': () => ({
    id: random.below(1e7),
    status: random.pick(['open', 'paid', 'sent']),
    total: random.below(1e5) / 100,
    created_at: `${day()}T10:11:12Z`,
    lines: [{ sku: `SKU-${random.digits(6)}`, count: random.below(10) }],
    gift: false,
  }),
  'texts with escapes': () => ({ role: 'user', content: `${words(30)}\n"${words(3)}"\n${words(20)}\tü` }),
  'numbers alone': () => Array.from({ length: 20 }, () => random.below(1e6)),
  'customers: two hits in six values': () => ({
    id: random.below(1e6),
    name: words(2),
    email: `${random.text(LOWER, 7)}@example.com`,
    phone: `+49 171 ${random.digits(7)}`,
    note: words(4),
    since: day(),
  }),
};

function document(make: () => unknown, indent: number): Buffer {
  const parts: string[] = [];
  for (let bytes = 0; bytes < SIZE; bytes += (parts.at(-1) as string).length) parts.push(JSON.stringify(make(), undefined, indent));
  return Buffer.from(`[${parts.join(',')}]`);
}

const keys = { hashKey: Buffer.alloc(32, 1), tokenKey: Buffer.alloc(32, 2) };
const redact = makeMask({ name: 'r', method: 'redact' }, keys);
const text = new RulesMask([{ mask: redact, detectors: DETECTOR_NAMES, patterns: [] }]);
const fieldsOf = (...paths: string[]) => compileFieldMasks([{ mask: redact, paths: paths.map(parseFieldPath) }]);
const MASKS: Readonly<Record<string, ContentMasks>> = {
  detectors: { text, fields: undefined },
  'a place': { text: undefined, fields: fieldsOf('$[*].name') },
  'a place at any depth': { text: undefined, fields: fieldsOf('$..email') },
  both: { text, fields: fieldsOf('$..email') },
};
const nothing = () => {};

function pieces(bytes: Buffer, each: (piece: Buffer) => void): void {
  for (let at = 0; at < bytes.length; at += PIECE) each(bytes.subarray(at, at + PIECE));
}

function masked(masks: ContentMasks, bytes: Buffer): void {
  const mask = new JsonMask({ masks, count: nothing, side: 'target' });
  pieces(bytes, (piece) => mask.push(piece));
  mask.flush();
}

function rate(work: () => void, bytes: number, seconds: number): number {
  // Time of this process, not of the clock: other people's work does not count.
  const began = process.cpuUsage();
  const spent = () => process.cpuUsage(began).user / 1e6;
  let rounds = 0;
  for (; spent() < seconds; rounds += 1) work();
  return (rounds * bytes) / 1e6 / spent();
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '1' }, rounds: { type: 'string', default: '5' }, only: { type: 'string', default: '' } },
});
const median = (all: number[]) => all.sort((a, b) => a - b)[all.length >> 1] ?? 0;
const measure = (work: () => void, bytes: number) =>
  Math.round(median(Array.from({ length: Number(values.rounds) }, () => rate(work, bytes, Number(values.seconds)))));

console.log(`| JSON | ${Object.keys(MASKS).join(' | ')} |`);
console.log(
  `|---|---:|${Object.keys(MASKS)
    .map(() => '---:|')
    .join('')}`,
);
for (const [name, make] of Object.entries(KINDS)) {
  for (const [indent, how] of [
    [0, ''],
    [2, ', indented'],
  ] as const) {
    if (!`${name}${how}`.includes(values.only)) continue;
    const bytes = document(make, indent);
    const cells = Object.values(MASKS).map((masks) => measure(() => masked(masks, bytes), bytes.length));
    console.log(`| ${name}${how} | ${cells.join(' | ')} |`);
  }
}
