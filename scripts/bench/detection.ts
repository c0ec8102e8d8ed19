/**
 * How well the detectors do: recall and precision on the corpus of test-fixtures/detection, and hits
 * in real text, which nobody has labelled.
 *
 *   node scripts/bench/detection.ts [--show] [FOLDER...]
 *
 * `--show` prints what was found in the folders' texts (default: sources and documentation at hand).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DETECTOR_NAMES, type DetectorName } from '../../packages/masking/src/text/detectors.ts';
import { RulesMask } from '../../packages/masking/src/text/text-mask.ts';
import { anyDigits, negatives, positives } from '../../test-fixtures/detection/corpus.ts';
import { score } from '../../test-fixtures/detection/score.ts';

const TEXTS = /\.(?:md|txt|js|mjs|cjs|ts|json|css|html|sql|py|c|h|sh|yaml|yml|log|conf)$|copyright$|changelog/i;
const FILES_AT_MOST = 6000;
const BYTES_AT_MOST = 64e6;
const SHOWN_EACH = 12;
const DEFAULT_FOLDERS = ['node_modules', '/usr/share/doc', '/usr/share/common-licenses', '/usr/share/postgresql', '/etc'];

const found: string[] = [];
const masks = new Map<DetectorName, RulesMask>(
  DETECTOR_NAMES.map((name) => {
    const mask = { rule: name, method: 'redact', apply: (text: string) => String(found.push(text)) } as const;
    return [name, new RulesMask([{ mask, detectors: [name], patterns: [] }])];
  }),
);

function find(name: DetectorName, bytes: Buffer): readonly string[] {
  masks.get(name)?.value(bytes, 0, bytes.length, () => {});
  return found.splice(0);
}

function* textsIn(folder: string): Iterable<Buffer> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) yield* textsIn(path);
      else if (entry.isFile() && TEXTS.test(entry.name)) yield readFileSync(path);
    } catch {
      // Not ours to read, or gone: another text will do.
    }
  }
}

function realTexts(folders: readonly string[]): readonly Buffer[] {
  const each = BYTES_AT_MOST / folders.length;
  return folders.flatMap((folder) => {
    const texts: Buffer[] = [];
    let bytes = 0;
    for (const text of textsIn(folder)) {
      texts.push(text);
      bytes += text.length;
      if (texts.length === FILES_AT_MOST || bytes > each) break;
    }
    return texts;
  });
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const { values, positionals } = parseArgs({ options: { show: { type: 'boolean', default: false } }, allowPositionals: true });
const all = { positives: positives(), negatives: negatives() };
const texts = realTexts(positionals.length > 0 ? positionals : DEFAULT_FOLDERS);
const megabytes = texts.reduce((sum, { length }) => sum + length, 0) / 1e6;

console.log(
  `${all.positives.length} positives, ${all.negatives.length} negatives; ${texts.length} real texts, ${megabytes.toFixed(0)} MB.\n`,
);
console.log('| Detector | Recall | Precision | Missed | Wrong | On other forms | Hits per MB of real text |');
console.log('|---|---:|---:|---:|---:|---:|---:|');
for (const { form, positives: own, missed, wrong, elsewhere } of score(
  (name, text) => find(name, Buffer.from(text)),
  all.positives,
  all.negatives,
)) {
  const hits = texts.flatMap((text) => find(form, text));
  const right = own - missed.length;
  const cells = [percent(right / own), percent(right / (right + wrong.length)), missed.length, wrong.length, elsewhere.length];
  console.log(`| \`${form}\` | ${cells.join(' | ')} | ${(hits.length / megabytes).toFixed(2)} |`);
  if (!values.show) continue;
  for (const { text } of [...missed, ...wrong].slice(0, SHOWN_EACH)) console.log(`    ${JSON.stringify(text.slice(0, 100))}`);
  for (const hit of new Set(hits.filter((_, index) => index % Math.ceil(hits.length / SHOWN_EACH) === 0)))
    console.log(`    real: ${JSON.stringify(hit.slice(0, 80))}`);
}
const digits = anyDigits();
const cards = digits.filter((text) => find('card', Buffer.from(text)).length > 0).length;
console.log(`\nOf ${digits.length} runs of 13 to 19 digits drawn at random, ${percent(cards / digits.length)} are cards by form.`);
