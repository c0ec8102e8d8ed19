import { open } from 'node:fs/promises';
import { GatewayError, type LogEntry, type RecordKind, type SessionRow, type StoredRecord } from '@sallyport/core';
import { signatureFault } from './entry.ts';
import { entryLine, headLine, recordLine } from './export.ts';
import type { Findings, Verification } from './finding.ts';
import { type SessionStatements, Statements } from './log-check.ts';
import { checkRecord, checkRow } from './record-check.ts';
import { type VerifyOptions, verified } from './verify.ts';

/**
 * Checks an exported session (JSON) by itself: signatures, row, record, checkpoints, seal. A file
 * that was edited or reformatted is not taken: every line must be exactly as export writes it.
 */
export async function verifyFile(path: string, options: Pick<VerifyOptions, 'publicKey'> = {}): Promise<Verification> {
  return await verified(options, async (findings) => {
    const file = await open(path);
    try {
      return [await checkFile(new Lines(file.readLines()), options, findings)];
    } finally {
      await file.close();
    }
  });
}

async function checkFile(lines: Lines, { publicKey }: VerifyOptions, findings: Findings): Promise<SessionStatements> {
  const row = await lines.next((text) => (JSON.parse(`${text}]}`) as { session: SessionRow }).session, headLine);
  const log = new Statements(findings);
  for await (const entry of lines.until('],"records":[', parseEntry, entryLine)) {
    const fault = signatureFault(entry, publicKey);
    if (fault !== undefined) findings.log(entry.seq, `Log entry ${entry.seq} (${entry.type}) ${fault}.`, entry.session);
    if (entry.session !== row.id) findings.log(entry.seq, `Log entry ${entry.seq} is about another session.`, entry.session);
    else log.add(entry);
  }
  const statements = log.sessions.get(row.id) ?? { checkpoints: [] };
  checkRow(row, statements, findings);
  await checkRecord(row.id, lines.until(']}', parseRecord, recordLine), statements, findings);
  await lines.end();
  return statements;
}

function parseEntry(text: string): LogEntry {
  const entry = JSON.parse(text) as LogEntry & { readonly signature: unknown; readonly hash: unknown };
  return { ...entry, signature: Buffer.from(String(entry.signature), 'base64'), hash: Buffer.from(String(entry.hash), 'hex') };
}

function parseRecord(text: string): StoredRecord {
  const {
    seq,
    at,
    kind,
    hash,
    text: event = '',
    data = '',
  } = JSON.parse(text) as {
    readonly seq: number;
    readonly at: number;
    readonly kind: RecordKind;
    readonly hash?: string;
    readonly text?: string;
    readonly data?: string;
  };
  const body = kind === 'event' ? Buffer.from(event) : Buffer.from(data, 'base64');
  return { seq, at, kind, body, ...(hash !== undefined && { hash: Buffer.from(hash, 'hex') }) };
}

/** A file's lines, each taken only if writing what was read gives the same line again. */
class Lines {
  readonly #lines: AsyncIterator<string>;
  #number = 0;

  constructor(lines: AsyncIterable<string>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async next<T>(parse: (text: string) => T, write: (value: T) => string): Promise<T> {
    return this.#parsed(await this.#line(), parse, write);
  }

  async *until<T>(end: string, parse: (text: string) => T, write: (value: T) => string): AsyncGenerator<T> {
    let comma = true;
    for (let text = await this.#line(); text !== end; text = await this.#line()) {
      if (!comma) throw this.#broken();
      comma = text.endsWith(',');
      yield this.#parsed(comma ? text.slice(0, -1) : text, parse, write);
    }
  }

  async end(): Promise<void> {
    if (!(await this.#lines.next()).done) throw this.#broken();
  }

  async #line(): Promise<string> {
    this.#number += 1;
    const line = await this.#lines.next();
    if (line.done === true) throw new GatewayError('ERR_RECORDING', `the file ends at line ${this.#number}, before the export does.`);
    return line.value;
  }

  #parsed<T>(text: string, parse: (text: string) => T, write: (value: T) => string): T {
    try {
      const value = parse(text);
      if (write(value) === text) return value;
    } catch {
      // Not JSON, or not what stands on such a line: broken in either case.
    }
    throw this.#broken();
  }

  #broken(): GatewayError {
    return new GatewayError('ERR_RECORDING', `line ${this.#number} is not as \`sallyport sessions export\` writes it.`);
  }
}
