import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Store } from '@sallyport/core';
import { decide, dial, file, gateway, ports, reached, restart, serveEach, signIn, store, token, yaml } from './site.ts';

serveEach();

test('a reload takes access away from live sessions; a broken file changes nothing', async () => {
  const client = await signIn('alice', await token('alice'));
  await writeFile(file, 'targets: [');
  await gateway.reload();
  expect(await client.say('read a.b')).toBe('ok read a.b');
  await writeFile(file, yaml().replace('groups: [developers], targets', 'groups: [others], targets'));
  await gateway.reload();
  expect(await client.line()).toMatch(/^bye: .*taken away/);
});

test.each(['columns: ["*.email"]', 'detect: [email]', 'fields: ["$..email"]'])(
  'a reload that masks something (%s) for a live session’s person ends it',
  async (what) => {
    const masked = (groups: string) =>
      `${yaml().replace('alice: { groups: [developers] }', `alice: { groups: [${groups}] }`)}
masking:
  - { name: mails, ${what}, method: redact, unless: { groups: [support] } }
`;
    await writeFile(file, masked('developers, support'));
    await gateway.reload();
    const client = await signIn('alice', await token('alice'));
    await writeFile(file, masked('developers'));
    await gateway.reload();
    expect(await client.line()).toMatch(/^bye: What is masked for you has changed/);
  },
);

test('a reload that forbids what waits, or has others decide it, takes it back', async () => {
  const [secret, dana] = [await token('alice'), await token('dana', ['approve'])];
  const forbid = yaml()
    .replace('action: hold', 'action: deny')
    .replace(/^ +approval:.*\n/m, '');
  const others = yaml().replace('groups: [dba, developers], timeout', 'groups: [leads, dba], timeout');
  for (const [text, changed] of [
    ['ddl public.orders', forbid],
    ['ddl public.customers', others],
  ] as const) {
    await writeFile(file, yaml());
    await gateway.reload();
    const client = await signIn('alice', secret);
    const id = (await client.say(text)).replace('held: ', '');
    await writeFile(file, changed);
    await gateway.reload();
    await decide(id, dana);
    expect(await client.line()).toBe(`cancelled: Not run: the rules have changed while the command waited (approval ${id}).`);
    await client.leave();
  }
  expect(reached).toEqual([]);
});

test('who connects before a reload and signs in behind it meets the new configuration', async () => {
  const secret = await token('alice');
  const early = await dial('', '');
  await (await signIn('alice', secret)).leave(); // connected later, so the early one is being served
  await writeFile(file, yaml().replace('username: app', 'username: other'));
  await gateway.reload();
  expect(await early.say(`alice ${secret}`)).toBe('welcome');
  expect(await early.line()).toBe('bye: The configuration of echo has changed; connect again.');
});

test('a reload while a session’s record is being opened takes access away from it too', async () => {
  const secret = await token('alice');
  await gateway.drain(0);
  const whole = store;
  const open: Store['sessions']['open'] = async (...row) => {
    await writeFile(file, yaml().replace('groups: [developers], targets', 'groups: [others], targets'));
    await gateway.reload();
    return whole.sessions.open(...row);
  };
  await restart({ ...whole, sessions: { ...whole.sessions, open } });
  const client = await signIn('alice', secret);
  expect(await client.line()).toMatch(/^bye: .*taken away/);
});

test('a reload that comes while the gateway stops opens no port again', async () => {
  const stopping = gateway.drain(0);
  await gateway.reload();
  await stopping;
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(ports.listen, '127.0.0.1', () => resolve(false)).once('error', () => resolve(true));
    socket.once('close', () => resolve(true));
    socket.unref();
  });
  expect(refused).toBe(true);
  await restart();
});
