import { ProtocolError } from '@sallyport/core';
import { type Capabilities, PUSH_CAPABILITIES, parseCapabilities } from './capabilities.ts';
import { isObjectId, isZeroId, type ObjectFormat } from './object-id.ts';
import { lineText, type PktLine, PktLineDecoder } from './pkt-line.ts';
import { PushCertificate } from './push-certificate.ts';
import { refNameProblem } from './ref-name.ts';
import { showable } from './showable.ts';

/** What a push wants of one ref. */
export interface RefUpdate {
  readonly ref: string;
  /** What the client believes the ref to be. All zeros where it believes that there is none. */
  readonly old: string;
  /** All zeros to delete. */
  readonly new: string;
  readonly kind: 'create' | 'update' | 'delete';
}

/** What comes before the pack: `git-receive-pack`'s request. */
export interface PushRequest {
  readonly format: ObjectFormat;
  /** In the client's order, each ref once. Empty for the lone flush that probes a connection. */
  readonly updates: readonly RefUpdate[];
  readonly capabilities: Capabilities;
  /** Commits behind which the client has no history. */
  readonly shallow: readonly string[];
  readonly options: readonly string[];
  /** The updates stood in a push certificate; the target checks its signature. */
  readonly signed: boolean;
  /** A pack follows: something is not deleted. */
  readonly pack: boolean;
  /** The exact bytes of all this. */
  readonly raw: Buffer;
}

/** Ten thousand refs take about one MiB. */
const MAX_BYTES = 16 << 20;

const INVALID_UTF8 = '\uFFFD';

type Place = 'updates' | 'certificate' | 'options';

/**
 * Reads what comes before the pack, and not a byte more.
 *
 *     *shallow ( command NUL capabilities *command | push-cert ) flush [ *push-option flush ] [ pack ]
 *
 * Whatever the target could read differently is refused.
 *
 * @throws ProtocolError
 * @see https://git-scm.com/docs/gitprotocol-pack#_reference_update_request_and_packfile_transfer
 */
export class PushRequestReader {
  readonly #decoder = new PktLineDecoder('client');
  readonly #raw: Buffer[] = [];
  readonly #updates = new Map<string, RefUpdate>();
  readonly #shallow: string[] = [];
  readonly #options: string[] = [];
  #capabilities: Capabilities | undefined;
  #format: ObjectFormat = 'sha1';
  #certificate: PushCertificate | undefined;
  #place: Place = 'updates';
  #bytes = 0;

  /** @returns the request and what was read beyond it, which is where the pack begins; undefined while more has to come. */
  push(chunk: Buffer): { readonly request: PushRequest; readonly rest: Buffer } | undefined {
    for (const line of this.#decoder.push(chunk)) {
      this.#bytes += line.raw.length;
      if (this.#bytes > MAX_BYTES) throw refused(`The push names more refs than fit in ${MAX_BYTES >> 20} MiB. Push fewer at once.`);
      this.#raw.push(line.raw);
      if (this.#ends(line)) return { request: this.#request(), rest: this.#decoder.rest() };
    }
    return undefined;
  }

  #ends(line: PktLine): boolean {
    if (line.type !== 'data' && line.type !== 'flush') throw refused('A push holds marks of another protocol version.');
    if (this.#place === 'options') {
      if (line.type === 'flush') return true;
      this.#options.push(textOf(line));
      return false;
    }
    if (this.#place === 'certificate') this.#certified(line);
    else if (line.type === 'data') this.#update(line);
    if (line.type !== 'flush') return false;
    this.#place = 'options';
    return !this.#capabilities?.has('push-options');
  }

  #update(line: PktLine): void {
    const text = textOf(line);
    const nul = text.indexOf('\0');
    const command = nul < 0 ? text : text.slice(0, nul);
    if (command.startsWith('shallow ') && nul < 0) {
      if (this.#capabilities !== undefined) throw refused('A push names a shallow commit among its refs.');
      this.#shallow.push(command.slice('shallow '.length));
      return;
    }
    if (nul >= 0) this.#begin(text.slice(nul + 1));
    else if (this.#capabilities === undefined) this.#begin('');
    if (command === 'push-cert' && this.#updates.size === 0) {
      this.#certificate = new PushCertificate();
      this.#place = 'certificate';
    } else this.#add(command);
  }

  #begin(list: string): void {
    if (this.#capabilities !== undefined) throw refused('A push names its capabilities twice.');
    const capabilities = parseCapabilities(list);
    const strange = [...(capabilities?.keys() ?? [])].find((name) => !PUSH_CAPABILITIES.has(name));
    if (capabilities === undefined || strange !== undefined) {
      throw refused(`The push asks for a capability that was not offered: ${showable(strange ?? list, 100)}.`);
    }
    const format = capabilities.get('object-format') ?? 'sha1';
    if (format !== 'sha1' && format !== 'sha256') throw refused(`The push uses an unknown hash: ${showable(format, 100)}.`);
    this.#capabilities = capabilities;
    this.#format = format;
  }

  #certified(line: PktLine): void {
    if (this.#certificate === undefined) return;
    if (this.#certificate.ended) {
      if (line.type === 'data') throw refused('Something follows the certificate of a push.');
      if (this.#certificate.commands.length === 0) throw refused('The certificate of the push names no ref.');
      for (const command of this.#certificate.commands) this.#add(command);
    } else if (line.type === 'flush') throw refused('The certificate of the push has no end.');
    else this.#certificate.push(line.payload);
  }

  #add(command: string): void {
    const update = parseUpdate(command, this.#format);
    if (this.#updates.has(update.ref)) throw refused(`The push names ${update.ref} twice.`);
    this.#updates.set(update.ref, update);
  }

  #request(): PushRequest {
    const strange = this.#shallow.find((id) => !isObjectId(id, this.#format));
    if (strange !== undefined) throw refused(`The push names a shallow commit that is none: ${showable(strange, 100)}.`);
    const updates = [...this.#updates.values()];
    return {
      format: this.#format,
      updates,
      capabilities: this.#capabilities ?? new Map(),
      shallow: this.#shallow,
      options: this.#options,
      signed: this.#certificate !== undefined,
      pack: updates.some((update) => update.kind !== 'delete'),
      raw: Buffer.concat(this.#raw),
    };
  }
}

/** `old SP new SP ref` */
function parseUpdate(command: string, format: ObjectFormat): RefUpdate {
  const [, old = '', fresh = '', ref = ''] = /^([^ ]+) ([^ ]+) (.+)$/s.exec(command) ?? [];
  if (!isObjectId(old, format) || !isObjectId(fresh, format)) {
    throw refused(`The push has a line that is no update of a ref: ${showable(command, 200)}.`);
  }
  const problem = refNameProblem(ref);
  if (problem !== undefined) throw refused(`The ref ${JSON.stringify(showable(ref, 200))} ${problem}. Push to another name.`);
  return { ref, old, new: fresh, kind: isZeroId(fresh) ? 'delete' : isZeroId(old) ? 'create' : 'update' };
}

function textOf(line: PktLine): string {
  const text = lineText(line);
  if (text.includes(INVALID_UTF8) || text.includes('\n')) throw refused('The push has a line that is no line of UTF-8.');
  return text;
}

function refused(message: string): ProtocolError {
  return new ProtocolError('client', message);
}
