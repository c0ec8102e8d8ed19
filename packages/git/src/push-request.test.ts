import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { FLUSH, pktLine } from './pkt-line.ts';
import { type PushRequest, PushRequestReader } from './push-request.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const ZERO = '0'.repeat(40);
const CAPABILITIES = ' report-status-v2 side-band-64k object-format=sha1 agent=git/2.39.5';
const PACK = Buffer.from('PACK\0\0\0\x02\0\0\0\0');

function lines(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => (text === 'flush' ? FLUSH : pktLine(text))));
}

function read(...chunks: readonly Buffer[]): { readonly request: PushRequest; readonly rest: Buffer } | undefined {
  const reader = new PushRequestReader();
  for (const [index, chunk] of chunks.entries()) {
    const result = reader.push(chunk);
    if (result !== undefined) return { request: result.request, rest: Buffer.concat([result.rest, ...chunks.slice(index + 1)]) };
  }
  return undefined;
}

const CERTIFICATE = [
  `push-cert\0${CAPABILITIES}\n`,
  'certificate version 0.1\n',
  'pusher Ann <ann@example.com> 1700000000 +0000\n',
  'nonce 1-abc\n',
  '\n',
  `${ZERO} ${A} refs/heads/main\n`,
  `${A} ${B} refs/heads/next\n`,
  '-----BEGIN PGP SIGNATURE-----\n',
  `${A} ${B} refs/heads/not-a-command\n`,
  '-----END PGP SIGNATURE-----\n',
  'push-cert-end\n',
  'flush',
];

describe('a push', () => {
  test('is read to the byte where its pack begins, wherever it is cut', () => {
    const head = lines(
      `shallow ${B}`,
      `${ZERO} ${A} refs/heads/ä\0${CAPABILITIES} push-options atomic`,
      `${A} ${ZERO} refs/tags/v1`,
      `${A} ${B} refs/heads/x`,
      'flush',
      'ci.skip',
      'flush',
    );
    const stream = Buffer.concat([head, PACK]);
    for (let at = 0; at <= stream.length; at++) {
      const { request, rest } = read(stream.subarray(0, at), stream.subarray(at)) ?? fail();
      expect(rest).toEqual(PACK);
      expect(request.raw).toEqual(head);
      expect(request.updates).toEqual([
        { ref: 'refs/heads/ä', old: ZERO, new: A, kind: 'create' },
        { ref: 'refs/tags/v1', old: A, new: ZERO, kind: 'delete' },
        { ref: 'refs/heads/x', old: A, new: B, kind: 'update' },
      ]);
      expect(request.shallow).toEqual([B]);
      expect(request.options).toEqual(['ci.skip']);
      expect(request.pack).toBe(true);
      expect(request.capabilities.get('agent')).toBe('git/2.39.5');
    }
  });

  test('that only deletes has no pack', () => {
    expect(read(lines(`${A} ${ZERO} refs/heads/x\0${CAPABILITIES}`, 'flush'))?.request.pack).toBe(false);
  });

  test('may be a lone flush, which probes the connection', () => {
    expect(read(FLUSH)?.request).toMatchObject({ updates: [], pack: false });
  });

  test('of a SHA-256 repository has ids of 64 digits', () => {
    const id = 'c'.repeat(64);
    const head = lines(`${'0'.repeat(64)} ${id} refs/heads/main\0${CAPABILITIES.replace('sha1', 'sha256')}`, 'flush');
    expect(read(head)?.request).toMatchObject({ format: 'sha256', updates: [{ new: id, kind: 'create' }] });
  });

  test('that is signed has its updates in the certificate, and those behind the signature are none', () => {
    const { request } = read(lines(...CERTIFICATE)) ?? fail();
    expect(request.signed).toBe(true);
    expect(request.updates.map((update) => update.ref)).toEqual(['refs/heads/main', 'refs/heads/next']);
  });

  test('random pkt-lines throw nothing but ProtocolError', () => {
    const words = fc.constantFrom('push-cert', '\0', 'shallow ', A, B, ZERO, ' ', 'refs/heads/x', '\n', 'push-options', 'push-cert-end\n');
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constant('flush'),
            fc.array(words).map((some) => some.join('')),
          ),
        ),
        (texts) => {
          try {
            read(lines(...texts));
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        },
      ),
    );
  });
});

describe('refused, since the target could read it differently:', () => {
  const update = `${ZERO} ${A} refs/heads/x`;
  const certificate = (index: number, ...texts: readonly string[]) => lines(...CERTIFICATE.toSpliced(index, 0, ...texts));
  test.each<[string, Buffer]>([
    ['an id in capitals', lines(`${ZERO} ${A.toUpperCase()} refs/heads/x\0`, 'flush')],
    ['an id of the other length', lines(`${ZERO} ${'a'.repeat(64)} refs/heads/x\0`, 'flush')],
    ['the same ref twice', lines(update, update, 'flush')],
    ['capabilities behind a later ref', lines(update, `${ZERO} ${A} refs/heads/y\0push-options`, 'flush')],
    ['a capability twice', lines(`${update}\0object-format=sha1 object-format=sha256`, 'flush')],
    ['a capability that was not offered', lines(`${update}\0proc-receive`, 'flush')],
    ['capabilities split by a tab', lines(`${update}\0atomic\tpush-options`, 'flush')],
    ['a line feed inside a line', lines(`${update}\n${update}`, 'flush')],
    ['a name that is no UTF-8', Buffer.concat([pktLine(Buffer.concat([Buffer.from(update), Buffer.from([0xff])])), FLUSH])],
    ['a mark of protocol 2', Buffer.concat([pktLine(update), Buffer.from('00010000')])],
    ['a shallow commit behind the refs', lines(update, `shallow ${B}`, 'flush')],
    ['a ref beside a certificate', lines(update, ...CERTIFICATE)],
    ['a ref behind a certificate', certificate(11, update)],
    ['a second signature', certificate(9, '-----BEGIN SSH SIGNATURE-----\n')],
    ['a certificate without a signature', lines(...CERTIFICATE.toSpliced(7, 3))],
    ['a certificate that names no ref', lines(...CERTIFICATE.toSpliced(5, 2))],
    ['a line of a certificate without its end', certificate(5, update)],
    ['a certificate that does not end', lines(...CERTIFICATE.slice(0, 8), 'flush')],
    ['more refs than the cap', Buffer.concat(Array.from({ length: 180_000 }, (_, i) => pktLine(`${update}/${i}`)))],
  ])('%s', (_what, bytes) => {
    expect(() => read(bytes)).toThrow(ProtocolError);
  });
});

function fail(): never {
  throw new Error('The request did not end.');
}
