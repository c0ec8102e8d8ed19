import { CHAIN_START, RecordLink, type SessionRow, type StoredRecord } from '@sallyport/core';
import { rowFacts } from './entry.ts';
import type { Findings } from './finding.ts';
import { type SessionStatements, span } from './log-check.ts';

/** A session's row against what was signed when it opened and when it was sealed. */
export function checkRow(row: SessionRow, { opened, seal }: SessionStatements, findings: Findings): void {
  if (opened === undefined) findings.session(row.id, null, 'The log does not say that this session was opened.');
  else {
    const [said, is] = [opened.body.row, rowFacts(row)] as const;
    const changed = Object.keys(is).filter(
      (key) => JSON.stringify(said[key as keyof typeof said]) !== JSON.stringify(is[key as keyof typeof is]),
    );
    if (changed.length > 0)
      findings.session(row.id, null, `The session's ${changed.join(', ')} differ from what was signed when it opened.`, opened.entry);
  }
  if (seal === undefined) {
    if (row.sealed) findings.session(row.id, null, 'The session is sealed, but its seal is missing in the log.');
    // Live, or left so by a crash and not sealed yet: the log knows no end of it.
    else if (row.state !== 'live' && row.state !== 'interrupted')
      findings.session(row.id, null, `The session is ${row.state}, but was never sealed.`);
    return;
  }
  const { state, ended_at, commands } = seal.body;
  if (row.sealed && row.state === state && row.endedAt === ended_at && row.commands === commands) return;
  findings.session(row.id, null, "The session's state, end or number of commands differ from its seal.", seal.entry);
}

/** A session's record against its own hashes, its checkpoints and its seal. */
export async function checkRecord(
  id: string,
  records: AsyncIterable<StoredRecord>,
  statements: SessionStatements,
  findings: Findings,
): Promise<void> {
  const check = new RecordCheck(id, statements, findings);
  try {
    for await (const record of records) check.next(record);
  } catch (error) {
    findings.session(id, check.seq + 1, `From record ${check.seq + 1} on nothing can be read: ${(error as Error).message}`);
    return;
  }
  check.end();
}

class RecordCheck {
  /** The last record seen. */
  seq = 0;
  readonly #id: string;
  readonly #findings: Findings;
  readonly #statements: SessionStatements;
  /** Signed positions of the chain, in order. */
  readonly #marks: { readonly seq: number; readonly head: string; readonly entry: number; readonly what: string }[];
  /** The chain's hash after the last link that ended, and the records since. */
  #hash = CHAIN_START;
  #link = new RecordLink(CHAIN_START);
  #matched = 0;
  /** Records are missing since the last stored hash: that was said already. */
  #gap = false;

  constructor(id: string, statements: SessionStatements, findings: Findings) {
    this.#id = id;
    this.#statements = statements;
    this.#findings = findings;
    const { checkpoints, seal } = statements;
    this.#marks = checkpoints.map(({ entry, body: { seq, head } }) => ({ seq, head, entry, what: 'checkpoint' }));
    if (seal !== undefined) this.#marks.push({ seq: seal.body.seq, head: seal.body.head, entry: seal.entry, what: 'seal' });
    this.#marks.sort((a, b) => a.seq - b.seq);
    this.#reach();
  }

  next(record: StoredRecord): void {
    const { seq, kind, at, body, hash } = record;
    if (seq <= this.seq) this.#findings.session(this.#id, seq, `Record ${seq} is there twice.`);
    else if (seq > this.seq + 1)
      this.#findings.session(this.#id, this.seq + 1, `${span('Record', 'Records', this.seq + 1, seq - 1)} missing.`);
    this.#gap ||= seq !== this.seq + 1;
    this.seq = seq;
    this.#link.add(seq, kind, at, body);
    // What was signed is the end of a link too, whatever stands beside the records.
    if (hash !== undefined || this.#marks[0]?.seq === seq) {
      this.#hash = this.#link.end();
      if (hash !== undefined) this.#compare(seq, hash);
      this.#link = new RecordLink(this.#hash);
    }
    this.#reach();
  }

  /** What the seal says of the end. */
  end(): void {
    const seal = this.#statements.seal;
    const last = Math.max(0, ...this.#marks.map(({ seq }) => seq));
    if (last > this.seq)
      this.#findings.session(this.#id, this.seq + 1, `${span('Record', 'Records', this.seq + 1, last)} missing at the end.`);
    if (seal !== undefined && this.seq > seal.body.seq) {
      this.#findings.session(
        this.#id,
        seal.body.seq + 1,
        `${span('Record', 'Records', seal.body.seq + 1, this.seq)} not under the seal: added later.`,
        seal.entry,
      );
    }
  }

  /** Goes on from the stored hash after a difference, so that each change is named once, where it is. */
  #compare(seq: number, hash: Buffer): void {
    if (!this.#hash.equals(hash) && !this.#gap) {
      const first = this.#matched + 1;
      const where = first === seq ? `Record ${seq} does` : `Records ${first} to ${seq} do`;
      this.#findings.session(this.#id, first, `${where} not match the stored hash: changed, or not in their place.`);
    }
    this.#hash = hash;
    this.#matched = seq;
    this.#gap = false;
  }

  #reach(): void {
    for (let mark = this.#marks[0]; mark !== undefined && mark.seq <= this.seq; mark = this.#marks[0]) {
      this.#marks.shift();
      if (mark.seq === this.seq && mark.head === this.#hash.toString('hex')) continue;
      const what = `At record ${mark.seq} the chain differs from the ${mark.what} in log entry ${mark.entry}: a record up to it was changed, removed or added.`;
      this.#findings.session(this.#id, mark.seq, what, mark.entry);
    }
  }
}
