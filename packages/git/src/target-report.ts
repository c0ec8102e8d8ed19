import { lineText, type PktLine, PktLineDecoder } from './pkt-line.ts';
import { reports } from './push-report.ts';
import type { PushRequest } from './push-request.ts';
import { showable } from './showable.ts';

/** What the target says became of a ref. */
export interface RefEnd {
  readonly ok: boolean;
  /** Why it is as it was; empty where nothing was said. */
  readonly reason: string;
}

const REASON_CHARACTERS = 500;

/**
 * Reads along what `git-receive-pack` answers to a push. It changes nothing, and what it does not
 * understand leaves the rest unread: the client will say so.
 *
 * @see https://git-scm.com/docs/gitprotocol-pack#_report_status
 */
export class TargetReport {
  /** By ref, as far as the report came. */
  readonly ends = new Map<string, RefEnd>();
  readonly #lines = new PktLineDecoder('target');
  readonly #bands: PktLineDecoder | undefined;
  readonly #asked: ReadonlySet<string>;
  #over: boolean;

  constructor(request: PushRequest) {
    this.#over = !reports(request);
    this.#asked = new Set(request.updates.map(({ ref }) => ref));
    this.#bands = request.capabilities.has('side-band-64k') ? new PktLineDecoder('target') : undefined;
  }

  push(chunk: Buffer): void {
    if (this.#over) return;
    try {
      if (this.#bands === undefined) this.#report(chunk);
      else for (const line of this.#bands.push(chunk)) if (line.payload[0] === 1) this.#report(line.payload.subarray(1));
    } catch {
      this.#over = true;
    }
  }

  #report(bytes: Buffer): void {
    for (const line of this.#lines.push(bytes)) this.#line(line);
  }

  /** `unpack ok`, then `ok REF` or `ng REF REASON` for each; lines of `option` may follow an `ok`. */
  #line(line: PktLine): void {
    if (line.type === 'flush') this.#over = true;
    const [, word, ref = '', reason = ''] = /^(ok|ng) ([^ ]+)(?: (.*))?$/s.exec(lineText(line)) ?? [];
    if (word === undefined || !this.#asked.has(ref)) return;
    this.ends.set(ref, { ok: word === 'ok', reason: showable(reason, REASON_CHARACTERS) });
  }
}
