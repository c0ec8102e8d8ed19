import { type Duplex, duplexPair } from 'node:stream';
import { clientKey, clientProof, type Host, hiSync, type Proof } from '@sallyport/core';
import { testHost } from '../../test/test-host.ts';
import { targetAt } from '../../test/test-target.ts';
import { decodeAuthentication, encodeSASLInitialResponse, encodeSASLResponse } from '../codec/authentication.ts';
import { encodeQuery, TERMINATE } from '../codec/query.ts';
import { ClientConnection } from './client-connection.ts';
import { scramSignIn } from './client-sign-in.ts';
import { MessageReader } from './message-reader.ts';

const TOKEN = 'sp_right';
const target = targetAt({ host: '127.0.0.1', port: 1, user: 'app', password: '' });

/** What a client does otherwise than it should. */
interface Deviation {
  readonly secure?: boolean;
  readonly mechanism?: string;
  readonly gs2?: string;
  readonly binding?: (hash: Buffer) => Buffer;
  readonly nonce?: (nonce: string) => string;
  readonly token?: string;
  readonly user?: string;
}

interface Outcome {
  readonly offered: readonly string[];
  readonly proof: Promise<Proof>;
  readonly refused: [string, string][];
}

async function saslData(reader: MessageReader): Promise<string> {
  const request = decodeAuthentication(await reader.message(10_000));
  return 'data' in request ? request.data.toString() : '';
}

/** One sign-in with the steps of RFC 5802, as a client that may deviate from it. */
async function signIn(deviation: Deviation): Promise<Outcome> {
  const { secure = true, mechanism = 'SCRAM-SHA-256', gs2 = 'n,,', token = TOKEN, user = 'alice' } = deviation;
  const { host, record } = testHost([target], { alice: ['sp_older', TOKEN] });
  const { proof, offered, reader, socket } = await begin(host, user, secure);
  const done: Outcome = { offered, proof, refused: record.refused };
  socket.write(encodeSASLInitialResponse(mechanism, Buffer.from(`${gs2}n=,r=abc`)));
  const first = await Promise.race([saslData(reader), proof.then(String, () => undefined)]);
  if (first === undefined) return done;
  const [, nonce = '', salt = '', rounds = ''] = /^r=(.*),s=(.*),i=(\d+)$/.exec(first) ?? [];
  const channel = Buffer.concat([Buffer.from(gs2), deviation.binding?.(host.tls.hash) ?? Buffer.alloc(0)]).toString('base64');
  const withoutProof = `c=${channel},r=${deviation.nonce?.(nonce) ?? nonce}`;
  const key = clientKey(hiSync(token, Buffer.from(salt, 'base64'), Number(rounds)));
  const proven = clientProof(key, `n=,r=abc,${first},${withoutProof}`).toString('base64');
  socket.write(encodeSASLResponse(Buffer.from(`${withoutProof},p=${proven}`)));
  return done;
}

async function begin(
  host: Host,
  user: string,
  secure: boolean,
): Promise<Pick<Outcome, 'proof' | 'offered'> & { reader: MessageReader; socket: Duplex; ours: Duplex }> {
  const [ours, theirs] = duplexPair();
  const proof = host.scram(user).then((material) => scramSignIn(new ClientConnection(ours, secure, host.signal), user, material, host));
  proof.catch(() => undefined);
  const reader = new MessageReader(theirs, 'target', host.signal);
  const request = decodeAuthentication(await reader.message(10_000));
  return { proof, offered: 'mechanisms' in request ? request.mechanisms : [], reader, socket: theirs, ours };
}

const plus = { mechanism: 'SCRAM-SHA-256-PLUS', gs2: 'p=tls-server-end-point,,' };

describe('SCRAM at the gateway', () => {
  test.each<Deviation>([{}, { secure: false }, { secure: false, gs2: 'y,,' }, { ...plus, binding: (hash) => hash }])(
    'takes a right token: %j',
    async (way) => {
      const { proof, refused } = await signIn(way);
      expect(await proof).toEqual({ method: 'scram', token: TOKEN });
      expect(refused).toEqual([]);
    },
  );

  test('offers channel binding inside TLS only', async () => {
    expect((await signIn({})).offered).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
    expect((await signIn({ secure: false })).offered).toEqual(['SCRAM-SHA-256']);
  });

  test.each<[string, Deviation]>([
    ['a wrong token', { token: 'sp_wrong' }],
    ['an unknown user', { user: 'mallory' }],
    ['the binding of another certificate', { ...plus, binding: (hash) => Buffer.from(hash.map((byte) => byte ^ 1)) }],
    ['a binding left out', plus],
  ])('%s is refused and counted', async (_, way) => {
    const { proof, refused } = await signIn(way);
    await expect(proof).rejects.toMatchObject({ code: 'ERR_LOGIN', message: expect.stringContaining('wrong, expired or revoked') });
    expect(refused).toHaveLength(1);
  });

  test.each<[string, Deviation]>([
    ['"the server cannot bind" where it offered to', { gs2: 'y,,' }],
    ['a binding without PLUS', { gs2: 'p=tls-server-end-point,,' }],
    ['PLUS without a binding', { mechanism: 'SCRAM-SHA-256-PLUS' }],
    ['PLUS where it was not offered', { ...plus, secure: false }],
    ['another kind of binding', { mechanism: 'SCRAM-SHA-256-PLUS', gs2: 'p=tls-unique,,' }],
    ['another mechanism', { mechanism: 'OAUTHBEARER' }],
    ['another name to act as', { gs2: 'n,a=root,' }],
    ['a nonce of its own', { nonce: () => 'abcdef' }],
  ])('%s breaks the protocol', async (_, way) => {
    await expect((await signIn(way)).proof).rejects.toMatchObject({ code: 'ERR_PROTOCOL', side: 'client' });
  });

  test('leaving, or saying something else, ends it', async () => {
    for (const [words, code] of [
      [TERMINATE, 'ERR_ENDED'],
      [encodeQuery('SELECT 1'), 'ERR_PROTOCOL'],
    ] as const) {
      const { proof, socket } = await begin(testHost([target], {}).host, 'alice', true);
      socket.write(words);
      await expect(proof).rejects.toMatchObject({ code });
    }
  });

  test('a client that stops in the middle of a message costs no time', async () => {
    const { socket, ours, proof } = await begin(testHost([target], {}, AbortSignal.timeout(300)).host, 'alice', true);
    let reads = 0;
    const read = ours.read.bind(ours);
    ours.read = (size) => {
      reads += 1;
      return read(size);
    };
    socket.write(Buffer.from([0x70, 0]));
    await expect(proof).rejects.toBeDefined();
    expect(reads).toBeLessThan(20);
  });
});
