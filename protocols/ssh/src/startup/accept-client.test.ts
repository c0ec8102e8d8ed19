import { once } from 'node:events';
import ssh2, { type Client } from 'ssh2';
import { type TestGateway, testGateway } from '../../test/test-gateway.ts';
import { startTestTarget, type TestTarget } from '../../test/test-target.ts';

let target: TestTarget;
beforeAll(async () => {
  target = await startTestTarget(() => undefined);
});
afterAll(() => target.stop());

/** A gateway whose admissions take until the test lets them. */
function slowGateway() {
  const [asked, admitted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let admissions = 0;
  const gateway = testGateway(target, undefined, () => {
    admissions += 1;
    asked.resolve();
    return admitted.promise;
  });
  return { gateway, asked: asked.promise, admit: () => admitted.resolve(), admissions: () => admissions };
}

function connect(gateway: TestGateway, config: object): Client {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  return client.connect({ sock: gateway.dial(), username: 'alice', ...config });
}

test('a client that leaves while it is being admitted has its record sealed', async () => {
  const { gateway, asked, admit } = slowGateway();
  const client = connect(gateway, { password: 'sp_token' });
  await asked;
  client.destroy();
  await once(gateway.sockets[0] as NodeJS.EventEmitter, 'close');
  admit();
  while (gateway.ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await gateway.settled();
  expect(gateway.ends).toMatchObject([{ error: { code: 'ERR_ENDED' } }]);
});

test('of two sign-ins at once none is good, and the one that was has its record sealed', async () => {
  const { gateway, asked, admit, admissions } = slowGateway();
  const client = connect(gateway, { tryKeyboard: true, authHandler: ['keyboard-interactive'] });
  client.on('keyboard-interactive', (_name, _instructions, _language, _prompts, finish) => finish(['sp_token']));
  await asked;
  const { _protocol: protocol } = client as unknown as { _protocol: { authPassword(user: string, secret: string): void } };
  protocol.authPassword('alice', 'sp_token');
  await new Promise<void>((resolve) => client.once('close', () => resolve())); // `once` would throw what the client was told
  admit();
  await gateway.settled();
  while (gateway.ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect([admissions(), gateway.ends.length]).toEqual([1, 1]);
});
