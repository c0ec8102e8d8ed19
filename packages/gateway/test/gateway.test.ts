import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  api,
  connections,
  decide,
  dial,
  endedSession,
  entry,
  folder,
  gateway,
  get,
  logged,
  onlySession,
  ports,
  reached,
  restart,
  serveEach,
  signIn,
  store,
  token,
} from './site.ts';

serveEach();

test('a command passes, is denied, and stands on record sealed', async () => {
  const client = await signIn('alice', await token('alice'));
  expect(await client.say('read public.orders')).toBe('ok read public.orders');
  expect(await client.say('privilege public.orders')).toMatch(/^denied: .*privilege/);
  await client.leave();
  const session = await onlySession();
  expect(session).toMatchObject({ identity: 'alice', target: 'echo', state: 'ended', sealed: true, commands: 2 });
  expect(session.events.filter(({ type }) => type === 'command')).toMatchObject([
    { text: 'read public.orders', ruling: 'allow', state: 'completed', rows: 1 },
    { text: 'privilege public.orders', ruling: 'deny' },
  ]);
  expect(reached).toEqual(['read public.orders']);
});

test('nobody without a token and nobody without access gets in', async () => {
  expect(await (await dial('alice', `sp_${'x'.repeat(40)}`)).line()).toMatch(/^ERR_LOGIN: /);
  expect(await (await dial('mallory', await token('mallory'))).line()).toMatch(/^ERR_(LOGIN|ACCESS): /);
});

test('a held command waits, is approved by somebody else, and runs once', async () => {
  const client = await signIn('alice', await token('alice'));
  const held = await client.say('ddl public.orders');
  const id = held.replace('held: ', '');
  expect(reached).toEqual([]);
  expect(await decide(id, await token('alice', ['approve']))).toMatchObject({ status: 403, code: 'self_approval' });
  expect(await decide(id, await token('dana'))).toMatchObject({ status: 403, code: 'needs_approve_token' });
  const dana = await token('dana', ['approve']);
  expect(await decide(id, dana)).toMatchObject({ status: 200 });
  expect(await client.line()).toBe('ok ddl public.orders');
  expect(await decide(id, dana)).toMatchObject({ status: 409, code: 'settled' });
  expect(reached).toEqual(['ddl public.orders']);
  await client.leave();
});

test('a denied hold says who and why; a client that leaves is never run for', async () => {
  const client = await signIn('alice', await token('alice'));
  const dana = await token('dana', ['approve']);
  await decide((await client.say('ddl public.orders')).replace('held: ', ''), dana, 'deny', 'not on a Friday');
  expect(await client.line()).toMatch(/^denied: .*not on a Friday/);
  const id = (await client.say('ddl public.customers')).replace('held: ', '');
  await client.leave();
  expect(await decide(id, dana)).toMatchObject({ status: 409 });
  expect(reached).toEqual([]);
});

test('a token that somebody pastes into a command is neither recorded nor shown to who approves', async () => {
  const secret = await token('alice');
  const client = await signIn('alice', secret);
  const id = (await client.say(`ddl ${secret}`)).replace('held: ', '');
  expect(await get(`/approvals/${id}`, await token('dana', ['approve']))).toMatchObject({ command: 'ddl sp_[redacted]' });
  await client.leave();
  const session = await endedSession();
  expect(session.events.find(({ type }) => type === 'command')).toMatchObject({ text: 'ddl sp_[redacted]' });
  expect(JSON.stringify([session, await store.approvals.list({})])).not.toContain(secret);
});

test('what serves for judging alone is not recorded', async () => {
  const client = await signIn('alice', await token('alice'));
  await client.say('read orders api.example.com secret');
  await client.leave();
  const [command] = (await onlySession()).events.filter(({ type }) => type === 'command');
  expect(command).toMatchObject({ objects: { hosts: ['api.example.com'] } });
  expect(Object.keys(command?.objects ?? {})).toEqual(['hosts']);
});

test('what waited when the gateway ended is cancelled and never runs', async () => {
  const client = await signIn('alice', await token('alice'));
  const id = (await client.say('ddl public.orders')).replace('held: ', '');
  await gateway.drain(0);
  await restart();
  expect(await decide(id, await token('dana', ['approve']))).toMatchObject({ status: 409, code: 'settled' });
  expect(reached).toEqual([]);
});

test('what a crash left open is sealed while clients are served already', async () => {
  await gateway.drain(0);
  const row = { id: 's_crashed', target: 'echo', protocol: 'line', identity: 'alice', kind: 'person', actingFor: null } as const;
  const more = { client: '', token: '', facts: {}, startedAt: 1, endedAt: null, state: 'live', commands: 0, sealed: false } as const;
  const entry = { type: 'session.opened', at: 1, session: row.id, body: '{}', signature: Buffer.alloc(0) };
  await (await store.sessions.open({ ...row, ...more }, entry, 'fast')).durable();
  const read = Promise.withResolvers<void>();
  const whole = store;
  const left = async (id: string) => {
    await read.promise; // as long as a thousand sessions take
    return whole.sessions.left(id);
  };
  await restart({ ...whole, sessions: { ...whole.sessions, left } });
  const client = await signIn('alice', await token('alice'));
  expect(await client.say('read public.orders')).toBe('ok read public.orders');
  expect(await store.sessions.get('s_crashed')).toMatchObject({ state: 'interrupted', sealed: false });
  await client.leave();
  read.resolve();
  for (let tries = 0; tries < 1_000 && (await store.sessions.get('s_crashed'))?.sealed !== true; tries += 1) await delay(5);
  expect(await store.sessions.get('s_crashed')).toMatchObject({ state: 'interrupted', sealed: true });
});

test('revoking a token ends its sessions, with a sentence', async () => {
  const secret = await token('alice');
  const client = await signIn('alice', secret);
  const row = (await store.tokens.list()).find(({ user }) => user === 'alice');
  await store.tokens.revoke(row?.id ?? '', Date.now(), entry('token.revoked'));
  expect(await client.line()).toMatch(/^bye: .*revoked/i);
});

test('approvals are seen by who asked and who decides, not by everybody', async () => {
  const client = await signIn('alice', await token('alice'));
  const id = (await client.say('ddl public.orders')).replace('held: ', '');
  const seenBy = async (name: string, can: 'approve'[] = []) => (await get('/approvals', await token(name, can))) as { id: string }[];
  expect((await seenBy('dana', ['approve'])).map((row) => row.id)).toEqual([id]);
  expect(await seenBy('mallory')).toEqual([]);
  await client.leave();
});

test('a drain ends what is left with a sentence', async () => {
  const client = await signIn('alice', await token('alice'));
  const drained = gateway.drain(50);
  expect(await client.line()).toMatch(/^bye: .*shutting down/);
  await drained;
  expect(await endedSession()).toMatchObject({ state: 'ended', sealed: true });
});

test('the administrator watches and ends a session, and decides nothing', async () => {
  const client = await signIn('alice', await token('alice'));
  const admin = (await readFile(join(folder, 'data', 'admin.token'), 'utf8')).trim();
  const { id } = await onlySession();
  const answer = await api(`/sessions/${id}/kill`, admin, { reason: 'lunch' });
  expect(answer.status).toBe(200);
  expect(await client.line()).toMatch(/^bye: .*lunch/);
  expect((await api('/approvals/ap_1', admin, { verdict: 'approve' })).status).toBe(403);
});

test('silent sockets hold bounded places, of which the oldest make room: they block nobody', async () => {
  const silent: Socket[] = [];
  for (let i = 0; i < 264; i++) {
    const socket = connect(ports.listen, '127.0.0.1').on('error', () => undefined);
    silent.push(socket);
    await once(socket, 'connect');
  }
  const client = await signIn('alice', await token('alice'));
  expect(await client.say('read a.b')).toBe('ok read a.b');
  expect(silent.slice(0, 8).every(({ readableEnded, closed }) => readableEnded || closed)).toBe(true);
  expect(silent.slice(-200).some(({ readableEnded, closed }) => readableEnded || closed)).toBe(false);
  for (const socket of silent) socket.destroy();
});

test('failures under invented names do not slow who signed in from the same address', async () => {
  const secret = await token('alice');
  await (await signIn('alice', secret)).leave();
  const strangers = Array.from({ length: 28 }, async (_, i) => (await dial(`stranger${i}`, secret)).line());
  for (const line of await Promise.all(strangers)) expect(line).toMatch(/^ERR_LOGIN: /);
  const order: string[] = [];
  const stranger = dial('stranger', secret).then(async (client) => void order.push((await client.line()).slice(0, 9)));
  await signIn('alice', secret).then(() => order.push('alice'));
  await stranger;
  expect(order).toEqual(['alice', 'ERR_LOGIN']);
});

test('a token that was revoked is no guess: its owner signs in with another one at once', async () => {
  const old = await token('alice');
  const [row] = await store.tokens.list();
  await store.tokens.revoke(row?.id ?? '', Date.now(), entry('token.revoked'));
  // Were they guesses, the tenth would have to wait for half a minute.
  for (let i = 0; i < 10; i++) expect(await (await dial('alice', old)).line()).toMatch(/^ERR_LOGIN: .*revoked/);
  await signIn('alice', await token('alice'));
  const metrics = await fetch(`http://127.0.0.1:${ports.admin}/metrics`);
  expect(await metrics.text()).toMatch(/sallyport_sign_ins_refused_total\{[^}]*\} 10\n/);
});

test('a target that closes fails the session: client, record and log say so', async () => {
  const client = await signIn('alice', await token('alice'));
  for (const connection of connections) connection.destroy();
  expect(await client.line()).toBe('bye: The target echo closed the connection.');
  await client.leave();
  const session = await endedSession();
  expect(session).toMatchObject({ state: 'failed', sealed: true });
  const error = { code: 'ERR_TARGET_CLOSED', message: 'The target echo closed the connection.' };
  expect(session.events.at(-1)).toMatchObject({ type: 'ended', error });
  expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([{ session: session.id, code: error.code, msg: error.message }]);
});

test('a client that is cut off ends the session, and is named', async () => {
  const client = await signIn('alice', await token('alice'));
  client.reset();
  while (logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await client.leave();
  const session = await endedSession();
  expect(session).toMatchObject({ state: 'ended', sealed: true });
  expect(session.events.at(-1)).toMatchObject({ error: { code: 'ERR_ENDED', message: 'The client cut the connection (ECONNRESET).' } });
});

test('a client that closes its side reads the answers that are still to come', async () => {
  const client = await signIn('alice', await token('alice'));
  const answer = client.say('read a.b');
  const left = client.leave();
  expect(await answer).toBe('ok read a.b');
  await left;
  expect(await endedSession()).toMatchObject({ state: 'ended', sealed: true, commands: 1 });
});

test('connect hands out a token for one sign-in', async () => {
  const answer = await api('/connect', await token('alice'), { target: 'echo' });
  const { user, token: ticket, port } = answer.body as { user: string; token: string; port: number };
  expect(port).toBe(ports.listen);
  const client = await signIn(user, ticket);
  expect(await client.say('read a.b')).toBe('ok read a.b');
  expect(await (await dial(user, ticket)).line()).toMatch(/^ERR_LOGIN: /);
});
