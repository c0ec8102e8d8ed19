/**
 * How fast a result's rows are cut, masked and put together again, in this process alone: PostgreSQL's
 * DataRows in reads of 256 KiB, 20,000 rows of eight columns of 64 bytes for each result.
 *
 *   node scripts/bench/row-masks.ts [--seconds 1] [--rounds 5]
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { READ_BYTES, type TextMask } from '../../packages/core/src/index.ts';
import { LentMemory } from '../../packages/core/src/lent-memory.ts';
import { fingerprinter } from '../../packages/gateway/src/fingerprint.ts';
import { makeMask } from '../../packages/masking/src/method.ts';
import { DETECTOR_NAMES } from '../../packages/masking/src/text/detectors.ts';
import { RulesMask } from '../../packages/masking/src/text/text-mask.ts';
import { backendDecoder } from '../../protocols/postgres/src/codec/decoder.ts';
import { encodeDataRow } from '../../protocols/postgres/src/codec/rows.ts';
import { CellEditor } from '../../protocols/postgres/src/relay/cell-editor.ts';
import type { Meaning } from '../../protocols/postgres/src/relay/meaning.ts';
import { RowMasker } from '../../protocols/postgres/src/relay/row-masker.ts';
import { cellPlan } from '../../protocols/postgres/src/relay/row-plan.ts';
import { Run } from '../../protocols/postgres/src/relay/run.ts';

const ROWS = 20_000;
const COLUMNS = [0, 1, 2, 3, 4, 5, 6, 7];
const WORDS = ['invoice', 'of', 'the', 'second', 'quarter', 'sent', 'again', 'and', 'paid', 'in', 'part'];

/** A cell of 64 letters, with blanks between the words. */
const cell = (seed: number): Buffer => {
  const words = Array.from({ length: 16 }, (_, at) => WORDS[(seed * 31 + at * 7 + seed * at) % WORDS.length]);
  return Buffer.from(words.join(' ').slice(0, 64));
};

const result = Buffer.concat(
  Array.from({ length: ROWS }, (_, row) => encodeDataRow(COLUMNS.map((column) => cell(row * COLUMNS.length + column)))),
);
const reads = Array.from({ length: Math.ceil(result.length / READ_BYTES) }, (_, at) =>
  result.subarray(at * READ_BYTES, (at + 1) * READ_BYTES),
);

const keys = { hashKey: randomBytes(32), tokenKey: randomBytes(32) };
const redact = makeMask({ name: 'contact data', method: 'redact' }, keys);
const detect = new RulesMask([{ mask: redact, detectors: DETECTOR_NAMES, patterns: [] }]);
const gate = { note: () => undefined, fingerprint: fingerprinter(randomBytes(32)) };
const masker = new RowMasker();

/** @param masked columns with a mask. @param text what searches the others. */
function pass(masked: readonly number[], text: TextMask | undefined): void {
  const run = new Run(1, {} as Meaning, gate);
  const searched = text === undefined ? [] : COLUMNS.filter((column) => !masked.includes(column));
  const cells = [...masked, ...searched]
    .sort((a, b) => a - b)
    .map((column) => cellPlan(column, masked.includes(column) ? redact : undefined, 'text', false));
  const editor = new CellEditor({ cells, masks: masked.length > 0, escapes: false, isText: () => true }, text, run);
  const decoder = backendDecoder({ rowRuns: true });
  for (const read of reads) {
    for (const { raw } of decoder.push(read)) {
      if (cells.length === 0 || !editor.concerns(raw, 0, raw.length)) continue;
      LentMemory.giveBack([masker.mask(raw, editor)], true);
    }
  }
}

function rate(work: () => void, seconds: number): number {
  // Time of this process, not of the clock: other people's work does not count.
  const began = process.cpuUsage();
  const spent = (): number => process.cpuUsage(began).user / 1e6;
  let results = 0;
  for (; spent() < seconds; results += 1) work();
  return (results * result.length) / 1e6 / spent();
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '1' }, rounds: { type: 'string', default: '5' } } });
const median = (all: number[]): number => all.sort((a, b) => a - b)[all.length >> 1] ?? 0;
const scenarios: readonly (readonly [string, readonly number[], TextMask | undefined])[] = [
  ['no masks', [], undefined],
  ['2 of 8 columns masked', [2, 6], undefined],
  ['all detectors on 8 columns', [], detect],
  ['2 of 8 columns masked, all detectors on the others', [2, 6], detect],
];

console.log('| Rows | MB/s |\n|---|---:|');
for (const [name, masked, text] of scenarios) {
  const rates = Array.from({ length: Number(values.rounds) }, () => rate(() => pass(masked, text), Number(values.seconds)));
  console.log(`| ${name} | ${Math.round(median(rates)).toLocaleString('en')} |`);
}
