import { ProtocolError } from '@sallyport/core';

/** Finds where the rows of COPY data end, in whatever pieces it comes. */
export interface CopyCutter {
  /** @returns the offset in `chunk` behind the present row's last byte, or -1 when that is still to come. */
  rowEnd(chunk: Buffer, from: number): number;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A newline in a value is written `\n`, so a bare one ends the row. */
export const textCutter: CopyCutter = { rowEnd: (chunk, from) => chunk.indexOf(NEWLINE, from) + 1 || -1 };

/** A newline ends a row where it stands outside quotes. */
export class CsvCutter implements CopyCutter {
  readonly #quote: number;
  readonly #escape: number;
  readonly #delimiter: number;
  #state: 'start' | 'plain' | 'quoted' | 'escaped' | 'maybe closed' = 'start';

  constructor(quote: number, escaping: number, delimiter: number) {
    this.#quote = quote;
    this.#escape = escaping;
    this.#delimiter = delimiter;
  }

  rowEnd(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) if (this.#ends(chunk[at] as number)) return at + 1;
    return -1;
  }

  #ends(byte: number): boolean {
    if (this.#state === 'quoted') {
      if (byte === this.#quote) this.#state = this.#quote === this.#escape ? 'maybe closed' : 'plain';
      else if (byte === this.#escape) this.#state = 'escaped';
    } else if (this.#state === 'escaped') this.#state = 'quoted';
    else if (byte === this.#quote && this.#state !== 'plain') this.#state = 'quoted';
    else if (byte === this.#delimiter || byte === NEWLINE) {
      this.#state = 'start';
      return byte === NEWLINE;
    } else if (byte === CARRIAGE_RETURN) throw new ProtocolError('target', 'The target sent a carriage return outside quotes in CSV data.');
    else this.#state = 'plain';
    return false;
  }
}

/**
 * `PGCOPY\n\xff\r\n\0 | Int32 flags | Int32 length, extension`, then rows of
 * `Int16 n, (Int32 length | bytes) × n`, then `Int16 -1`. Header and trailer count as rows.
 */
export class BinaryCutter implements CopyCutter {
  /** What the number that is being read tells, and its bytes so far. */
  #reading: 'extension' | 'fields' | 'length' = 'extension';
  #number = 0;
  #missing = 4;
  /** Bytes that lie before that number. */
  #skip = 15;
  #fields = 0;

  rowEnd(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; ) {
      const skipped = Math.min(this.#skip, chunk.length - at);
      this.#skip -= skipped;
      at += skipped;
      if (this.#skip === 0 && this.#over()) return at;
      if (at === chunk.length) break;
      this.#number = (this.#number << 8) | (chunk[at] as number);
      at += 1;
      this.#missing -= 1;
      if (this.#missing === 0) this.#read();
      if (this.#skip === 0 && this.#over()) return at;
    }
    return -1;
  }

  /** The number is complete. */
  #read(): void {
    const value = this.#number;
    if (this.#reading === 'fields') this.#fields = value === 0xffff ? 0 : value;
    else {
      if (value < (this.#reading === 'length' ? -1 : 0)) throw new ProtocolError('target', 'The target sent broken binary COPY data.');
      this.#skip = Math.max(value, 0);
      if (this.#reading === 'length') this.#fields -= 1;
      else this.#fields = 0;
    }
    this.#reading = 'length';
    this.#number = 0;
    this.#missing = 4;
  }

  /** Nothing of the row is missing: the next number begins another one. */
  #over(): boolean {
    if (this.#reading !== 'length' || this.#missing !== 4 || this.#fields > 0) return false;
    this.#reading = 'fields';
    this.#missing = 2;
    return true;
  }
}
