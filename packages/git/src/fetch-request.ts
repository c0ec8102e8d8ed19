import { ProtocolError } from '@sallyport/core';
import { lineText, type PktLine, PktLineDecoder } from './pkt-line.ts';
import { showable } from './showable.ts';

/** What a client asks of `git-upload-pack`, as far as the record needs it. */
export interface FetchRequest {
  /** `ls-refs` lists names; `fetch` gets objects. Others are protocol 2's, by their own names. */
  readonly command: string;
  /** Ids of the objects asked for, the first {@link WANTS_KEPT} of them. */
  readonly wants: readonly string[];
  /** How many were asked for. */
  readonly wanted: number;
  /** Names asked for (`want-ref`), or the prefixes of a listing. */
  readonly refs: readonly string[];
  /** `deepen 1`, `deepen-since 1700000000`, `deepen-not refs/tags/v1`: how much history, where not all. */
  readonly depth: readonly string[];
  /** `blob:none` and the like. */
  readonly filter?: string;
}

export const WANTS_KEPT = 100;

const REFS_KEPT = 1000;

interface Draft {
  command: string;
  wants: string[];
  wanted: number;
  refs: string[];
  depth: string[];
  filter?: string;
}

/**
 * Watches what a client says to `git-upload-pack`, in protocol 0, 1 and 2. It changes nothing: the
 * caller forwards the bytes. What merely negotiates (`have`, `done`) is passed over.
 *
 * @throws ProtocolError for bytes that are no pkt-lines.
 * @see https://git-scm.com/docs/gitprotocol-v2
 */
export class FetchRequestReader {
  readonly #decoder = new PktLineDecoder('client');
  #draft: Draft | undefined;

  /** @returns the requests that became whole. */
  push(chunk: Buffer): readonly FetchRequest[] {
    const whole: FetchRequest[] = [];
    for (const line of this.#decoder.push(chunk)) {
      if (line.type === 'data') this.#line(line);
      else if (line.type === 'flush' && this.#draft !== undefined) {
        whole.push(this.#draft);
        this.#draft = undefined;
      } else if (line.type === 'response-end') throw new ProtocolError('client', 'A request for objects holds the mark of an answer.');
    }
    return whole;
  }

  #line(line: PktLine): void {
    const text = showable(lineText(line), 1024);
    const space = text.search(/[ =]/);
    const word = space < 0 ? text : text.slice(0, space);
    const rest = space < 0 ? '' : text.slice(space + 1);
    if (word === 'have' || word === 'done') return;
    if (word === 'command') this.#draft = draft(rest);
    if (word === 'want') this.#draft ??= draft('fetch');
    if (this.#draft !== undefined) note(this.#draft, word, rest);
  }
}

function draft(command: string): Draft {
  return { command, wants: [], wanted: 0, refs: [], depth: [] };
}

function note(draft: Draft, word: string, rest: string): void {
  if (word === 'want') {
    draft.wanted += 1;
    // Behind the first id stand the capabilities.
    if (draft.wants.length < WANTS_KEPT) draft.wants.push(rest.replace(/ .*/s, ''));
  } else if (word === 'want-ref' || word === 'ref-prefix') {
    if (draft.refs.length < REFS_KEPT) draft.refs.push(rest);
  } else if (word.startsWith('deepen')) {
    if (draft.depth.length < REFS_KEPT) draft.depth.push(rest === '' ? word : `${word} ${rest}`);
  } else if (word === 'filter') draft.filter = rest;
}
