/**
 * How fast text is searched, in this process alone: all detectors over rows as tables have them.
 *
 *   node scripts/bench/text-masks.ts [--seconds 1] [--rounds 5]
 *
 * "run" asks `mayFind` over a run of rows and looks at each cell where that says so, as PostgreSQL's
 * relay does; "cells" looks at each cell.
 */
import { parseArgs } from 'node:util';
import { makeMask } from '../../packages/masking/src/method.ts';
import { DETECTOR_NAMES, type DetectorName } from '../../packages/masking/src/text/detectors.ts';
import { Pattern } from '../../packages/masking/src/text/pattern.ts';
import { RulesMask } from '../../packages/masking/src/text/text-mask.ts';
import { LOWER, Random } from '../../test-fixtures/detection/random.ts';

interface Rows {
  readonly name: string;
  /** Rows behind each other, as they stand in messages; without the lengths. */
  readonly bytes: Buffer;
  readonly cells: readonly (readonly [start: number, end: number])[];
}

const ROWS = 20_000;
const ROWS_IN_A_RUN = 100;

const random = new Random(1);
const words = (count: number) => Array.from({ length: count }, () => random.text(LOWER, random.between(2, 10))).join(' ');
const day = () => `20${random.between(10, 26)}-0${random.between(1, 9)}-${random.between(10, 28)}`;
const moment = () => `${day()} ${random.between(10, 23)}:${random.between(10, 59)}:${random.between(10, 59)}.${random.digits(6)}+00`;

const KINDS: Readonly<Record<string, () => readonly string[]>> = {
  // pgbench_accounts: aid, bid, abalance, filler char(84).
  'pgbench accounts': () => [String(random.below(1e6)), String(random.below(100)), String(random.below(10_000) - 5000), ' '.repeat(84)],
  'shop orders': () => [
    String(random.below(1e7)),
    random.pick(['open', 'paid', 'sent']),
    `${random.digits(3)}.${random.digits(2)}`,
    moment(),
    words(4),
    `SKU-${random.digits(6)}`,
  ],
  'product texts': () => [String(random.below(1e6)), words(3), words(40), day()],
  'events as JSON': () => [
    moment(),
    JSON.stringify({
      id: random.hex(32),
      user: random.below(1e6),
      name: words(2),
      at: day(),
      tags: [words(1), words(1)],
      url: `https://shop.example/p/${random.digits(6)}?ref=mail`,
    }),
  ],
  'customers (a hit in two of six cells)': () => [
    String(random.below(1e6)),
    words(2),
    `${random.text(LOWER, 7)}@example.com`,
    `+49 171 ${random.digits(7)}`,
    words(4),
    day(),
  ],
};

function rowsOf(name: string, make: () => readonly string[]): Rows {
  const parts: Buffer[] = [];
  const cells: [number, number][] = [];
  let at = 0;
  for (let row = 0; row < ROWS; row += 1) {
    for (const text of make()) {
      const cell = Buffer.from(text);
      // Four bytes of length before each cell.
      parts.push(Buffer.from([0, 0, cell.length >> 8, cell.length & 255]), cell);
      cells.push([at + 4, at + 4 + cell.length]);
      at += 4 + cell.length;
    }
  }
  return { name, bytes: Buffer.concat(parts), cells };
}

const keys = { hashKey: Buffer.alloc(32, 1), tokenKey: Buffer.alloc(32, 2) };
const redact = makeMask({ name: 'r', method: 'redact' }, keys);
const masks: Readonly<Record<string, RulesMask>> = {
  'all detectors': new RulesMask([{ mask: redact, detectors: DETECTOR_NAMES, patterns: [] }]),
  secrets: new RulesMask([
    {
      mask: redact,
      detectors: ['aws-key', 'github-token', 'gitlab-token', 'slack-token', 'jwt', 'private-key', 'url-password'] satisfies DetectorName[],
      patterns: [],
    },
  ]),
  'a pattern': new RulesMask([{ mask: redact, detectors: [], patterns: [new Pattern('HX-[0-9]{8}')] }]),
};

const nothing = () => {};

function byCells(mask: RulesMask, { bytes, cells }: Rows): void {
  for (const [start, end] of cells) mask.value(bytes, start, end, nothing);
}

function byRuns(mask: RulesMask, { bytes, cells }: Rows): void {
  const inRun = (ROWS_IN_A_RUN * cells.length) / ROWS;
  for (let first = 0; first < cells.length; first += inRun) {
    const run = cells.slice(first, first + inRun);
    if (!mask.mayFind(bytes, run[0]?.[0] ?? 0, run.at(-1)?.[1] ?? 0)) continue;
    for (const [start, end] of run) if (mask.mayFind(bytes, start, end)) mask.value(bytes, start, end, nothing);
  }
}

function rate(work: () => void, bytes: number, seconds: number): number {
  // Time of this process, not of the clock: other people's work does not count.
  const began = process.cpuUsage();
  const spent = () => process.cpuUsage(began).user / 1e6;
  let rounds = 0;
  for (; spent() < seconds; rounds += 1) work();
  return (rounds * bytes) / 1e6 / spent();
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '1' }, rounds: { type: 'string', default: '5' } } });
const median = (all: number[]) => all.sort((a, b) => a - b)[all.length >> 1] ?? 0;

console.log('| Rows | Bytes a row | Masks | Runs, MB/s | Cells, MB/s |');
console.log('|---|---:|---|---:|---:|');
for (const rows of Object.entries(KINDS).map(([name, make]) => rowsOf(name, make))) {
  for (const [name, mask] of Object.entries(masks)) {
    const measure = (work: (mask: RulesMask, rows: Rows) => void) =>
      median(Array.from({ length: Number(values.rounds) }, () => rate(() => work(mask, rows), rows.bytes.length, Number(values.seconds))));
    const [runs, cells] = [measure(byRuns), measure(byCells)];
    console.log(`| ${rows.name} | ${Math.round(rows.bytes.length / ROWS)} | ${name} | ${Math.round(runs)} | ${Math.round(cells)} |`);
  }
}
