import { ProtocolError } from '@sallyport/core';

const BEGIN = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----/;

const END = 'push-cert-end\n';

/**
 * The certificate of a signed push, one line in each pkt-line: a header, an empty line, the
 * updates, a signature. git takes for updates what lies between the empty line and the last
 * signature, so there may be only one.
 *
 * @throws ProtocolError
 * @see https://git-scm.com/docs/gitprotocol-pack#_push_certificate
 */
export class PushCertificate {
  readonly commands: string[] = [];
  #part: 'header' | 'commands' | 'signature' | 'ended' = 'header';

  get ended(): boolean {
    return this.#part === 'ended';
  }

  /** @param payload of one pkt-line, with its line feed. */
  push(payload: Buffer): void {
    const text = payload.toString();
    if (text.indexOf('\n') !== text.length - 1 || text.includes('\0') || text.includes('\uFFFD')) {
      throw new ProtocolError('client', 'The certificate of the push has a line that is no line of UTF-8.');
    }
    const line = text.slice(0, -1);
    const begins = BEGIN.test(line);
    if (begins && this.#part !== 'commands') throw new ProtocolError('client', 'The certificate of the push has a signature out of place.');
    if (text === END) this.#end();
    else if (begins) this.#part = 'signature';
    else if (this.#part === 'commands') this.commands.push(line);
    else if (this.#part === 'header' && line === '') this.#part = 'commands';
  }

  #end(): void {
    if (this.#part !== 'signature') throw new ProtocolError('client', 'The certificate of the push has no signature.');
    this.#part = 'ended';
  }
}
