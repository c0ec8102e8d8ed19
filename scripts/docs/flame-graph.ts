/**
 * Draws a V8 CPU profile as a flame graph: width is time, below stands who called.
 *
 *   NODE_OPTIONS='--cpu-prof' ./sallyport serve …; then
 *   node scripts/docs/flame-graph.ts FILE.cpuprofile "title" [SECONDS-OF-START-UP] > picture.svg
 */
import { readFileSync } from 'node:fs';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

export interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** A function at one place of the stack, with all that it called. */
interface Flame {
  readonly name: string;
  readonly file: string;
  time: number;
  readonly calls: Map<string, Flame>;
}

const WIDTH = 1000;
const ROW = 17;
/** Narrower ones are left out. */
const LEAST = 3;
const CHARACTER = 6.2;

/**
 * The profile's stacks put together, without the time in which nothing was done.
 * @param from seconds to leave out at the beginning.
 */
export function gather({ nodes, samples, timeDeltas }: Profile, from = 0): Flame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const root: Flame = { name: 'all', file: '', time: 0, calls: new Map() };
  let passed = 0;
  samples.forEach((sample, index) => {
    passed += timeDeltas[index] ?? 0;
    if (passed < from * 1e6) return;
    const stack: ProfileNode[] = [];
    for (let node = byId.get(sample); node !== undefined; node = byId.get(parent.get(node.id) ?? -1)) stack.unshift(node);
    if (stack.at(-1)?.callFrame.functionName === '(idle)') return;
    add(root, stack.slice(1), timeDeltas[index] ?? 0);
  });
  return root;
}

function add(root: Flame, stack: readonly ProfileNode[], time: number): void {
  let flame = root;
  flame.time += time;
  for (const { callFrame } of stack) {
    const [name, file] = [callFrame.functionName || '(anonymous)', callFrame.url.split('/').slice(-1)[0] ?? ''];
    const key = `${name} ${file}`;
    const next = flame.calls.get(key) ?? { name, file, time: 0, calls: new Map() };
    flame.calls.set(key, next);
    next.time += time;
    flame = next;
  }
}

/** The picture as an SVG document. */
export function flameGraph(profile: Profile, title: string, from = 0): string {
  const root = gather(profile, from);
  const boxes: string[] = [];
  const depth = draw(root, root.time, 0, 0, boxes);
  const height = (depth + 3) * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="10">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="6" y="14" font-size="12">${escapeXml(title)}</text>
<g transform="translate(0 ${height - ROW}) scale(1 -1)">
${boxes.join('\n')}
</g>
</svg>
`;
}

/** Draws a flame and those it called, and returns how high they reach. */
function draw(flame: Flame, all: number, x: number, level: number, boxes: string[]): number {
  const width = (flame.time / all) * WIDTH;
  if (width < LEAST) return level;
  const label = `${flame.name}${flame.file === '' ? '' : ` ${flame.file}`}`;
  const shown = label.slice(0, Math.floor((width - 4) / CHARACTER));
  boxes.push(
    `<g><title>${escapeXml(label)} ${((flame.time / all) * 100).toFixed(1)} %</title><rect x="${x.toFixed(1)}" y="${level * ROW}" width="${Math.max(width - 0.5, 1).toFixed(1)}" height="${ROW - 1}" fill="${colour(flame)}"/>` +
      `<text transform="translate(${(x + 2).toFixed(1)} ${level * ROW + 5}) scale(1 -1)">${escapeXml(shown.length > 2 ? shown : '')}</text></g>`,
  );
  let [at, depth] = [x, level];
  for (const call of [...flame.calls.values()].sort((a, b) => b.time - a.time)) {
    depth = Math.max(depth, draw(call, all, at, level + 1, boxes));
    at += (call.time / all) * WIDTH;
  }
  return depth;
}

/** The gateway's own code, the collector, and what Node.js and the system do. */
function colour({ name, file }: Flame): string {
  if (name === '(garbage collector)') return '#f2b8b5';
  return file.endsWith('.ts') ? '#ffd479' : '#cfd8dc';
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const [, program = '', file, title = '', from = '0'] = process.argv;
if (program.endsWith('flame-graph.ts') && file !== undefined)
  process.stdout.write(flameGraph(JSON.parse(readFileSync(file, 'utf8')) as Profile, title, Number(from)));
