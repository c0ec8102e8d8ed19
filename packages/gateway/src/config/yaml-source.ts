import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Path, Problem } from './problem.ts';
import { formatPath } from './problem.ts';

/** A YAML text that knows where everything stands in it. */
export class YamlSource {
  readonly file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  /** @param file how problems call it. */
  constructor(file: string, text: string) {
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, version: '1.2' });
  }

  /** What keeps the text from being YAML, duplicate keys included. */
  syntaxProblems(): readonly Problem[] {
    const { errors, warnings } = this.#document;
    return [...errors, ...warnings].map(({ pos, message }) => ({
      file: this.file,
      ...this.#at(pos[0]),
      path: '',
      message: `${message.replace(/\.?\s*$/, '')}.`,
    }));
  }

  /** The plain value. Call only without {@link syntaxProblems}. @throws when aliases multiply beyond reason */
  value(): unknown {
    return this.#document.toJS();
  }

  /** A problem at a path, or at the nearest place above it that exists. */
  problem(path: Path, message: string, pointAt: 'key' | 'value' = 'value'): Problem {
    return { file: this.file, ...this.#at(this.#offset(path, pointAt)), path: formatPath(path), message };
  }

  #offset(path: Path, pointAt: 'key' | 'value'): number {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const [depth, step] of path.entries()) {
      const resolved = isAlias(node) ? node.resolve(this.#document) : node;
      if (isSeq(resolved)) {
        node = resolved.items[Number(step)];
      } else if (isMap(resolved)) {
        const pair = resolved.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        if (pair === undefined) break;
        node = pair.value;
        if (pointAt === 'key' && depth === path.length - 1) return startOf(pair.key) ?? offset;
        offset = startOf(pair.key) ?? offset;
      } else break;
      offset = startOf(node) ?? offset;
    }
    return offset;
  }

  #at(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
