import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type ForwardSite, type Seen, startForwardSite } from './forward-site.ts';
import type { Outcome } from './site.ts';

let site: ForwardSite;
let alice: string;

beforeAll(async () => {
  site = await startForwardSite();
  alice = await site.token('alice');
}, 60_000);
afterAll(() => site.stop(), 30_000);
beforeEach(() => {
  site.reached.length = 0;
});

/** curl through the forward proxy. @param secret undefined: without signing in */
function curl(url: string, args: readonly string[] = [], secret: string | undefined = alice): Promise<Outcome> {
  const proxy = secret === undefined || secret === '' ? `http://127.0.0.1:${site.port}` : site.proxy(secret);
  return site.program('curl', ['-sS', '--noproxy', '', '--proxy', proxy, '--cacert', site.ca, ...args, url]);
}

const seen = ({ stdout }: Outcome): Seen => JSON.parse(stdout) as Seen;

describe('curl', () => {
  test.each([['--http1.1'], ['--http2']])(
    'reaches a listed host with %s; the credential is the gateway’s, and the proxy’s own goes no further',
    async (version) => {
      const got = await curl(`https://localhost:${site.ports.https}/a?b=c`, [version, '-H', 'authorization: Bearer of-the-client']);
      expect(got).toMatchObject({ code: 0, stderr: '' });
      const { headers, url, signedIn } = seen(got);
      expect({ url, signedIn, host: headers['host'] }).toEqual({ url: '/a?b=c', signedIn: true, host: `localhost:${site.ports.https}` });
      expect(Object.keys(headers)).not.toContain('proxy-authorization');
      expect(JSON.stringify(headers)).not.toContain(alice);
    },
  );

  test('reaches an address in place of a name', async () => {
    expect(await curl(`https://127.0.0.1:${site.ports.https}/`)).toMatchObject({ code: 0, stderr: '' });
  });

  test('signs in when it is challenged, with a bearer token, or over TLS with the proxy', async () => {
    const url = `https://localhost:${site.ports.https}/`;
    expect(await curl(url, ['--proxy-anyauth'])).toMatchObject({ code: 0, stderr: '' });
    expect(await curl(url, ['--proxy-header', `proxy-authorization: Bearer ${alice}`], '')).toMatchObject({ code: 0, stderr: '' });
    const own = join(site.folder, 'ca.pem');
    await writeFile(own, (await site.run(['ca'])).stdout);
    const proxy = site.proxy(alice).replace('http:', 'https:');
    expect(await curl(url, ['--proxy', proxy, '--proxy-cacert', own])).toMatchObject({ code: 0, stderr: '' });
  });

  test('sends and gets a large body, and is let wait for it', async () => {
    const file = join(site.folder, 'large');
    await writeFile(file, Buffer.alloc(20 << 20, 'x'));
    const got = await curl(`https://localhost:${site.ports.https}/`, ['--http2', '--data-binary', `@${file}`]);
    expect(seen(got).body).toBe(20 << 20);
  });

  test('asks in plain HTTP where a target is listed so', async () => {
    const got = await curl(`http://localhost:${site.ports.http}/a?b`);
    expect(got).toMatchObject({ code: 0, stderr: '' });
    const { headers, url } = seen(got);
    expect(url).toBe('/a?b');
    expect(headers).toMatchObject({ host: `localhost:${site.ports.http}` });
    expect(Object.keys(headers)).not.toContain('proxy-authorization');
    // The same within a tunnel, as clients of WebSockets ask for it.
    expect(await curl(`http://localhost:${site.ports.http}/`, ['--proxytunnel'])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('what is refused, and how', () => {
  const status = async (url: string, args: readonly string[] = [], secret?: string) => {
    const { stdout, stderr } = await curl(url, ['-o', '/dev/null', '-w', '%{http_connect} %{http_code}', '-v', ...args], secret);
    return { codes: stdout, why: /proxy-status: (.*)\r?\n/.exec(stderr)?.[1] ?? '', said: stderr };
  };

  test('nobody gets in without a token, or with a wrong one', async () => {
    const url = `https://localhost:${site.ports.https}/`;
    const nobody = await status(url, [], '');
    expect(nobody.codes).toBe('407 000');
    expect(nobody.said).toMatch(/proxy-authenticate: Basic realm="sallyport"/);
    expect(nobody.said).toMatch(/proxy-authenticate: Bearer realm="sallyport"/);
    expect((await status(url, [], 'sp_wrong')).codes).toBe('407 000');
    expect((await status(`http://localhost:${site.ports.http}/`, [], '')).codes).toBe('000 407');
    // The server's own `Authorization` is no proof for the proxy.
    expect((await status(url, ['--proxy-header', `authorization: Bearer ${alice}`], '')).codes).toBe('407 000');
    expect(site.reached).toEqual([]);
  });

  test.each([
    ['a host that no target lists', 'https://localhost:2/', '403', 'No target here stands for localhost:2'],
    ['a host by another port', `https://127.0.0.1:2/`, '403', 'only for port'],
  ])('%s', async (_, url, code, words) => {
    const { codes, why } = await status(url);
    expect(codes).toBe(`${code} 000`);
    expect(why).toContain(words);
    expect(site.reached).toEqual([]);
  });

  test('by what it resolves to: what only a pattern means must be a server of the Internet', async () => {
    for (const [name, words] of [
      ['localhost:443', 'a private address'],
      ['10.1.2.3:443', 'a private address'],
      ['[::ffff:192.168.1.1]:443', 'a private address'],
      ['169.254.169.254:443', 'where clouds tell credentials'],
      ['0.0.0.0:443', "no server's address"],
      [`localhost:${site.port}`, 'is the gateway itself'],
    ] as const) {
      const refused = await site.connect(name, `alice:${alice}`);
      expect([name, refused.status]).toEqual([name, 403]);
      expect(JSON.parse(await refused.rest())).toMatchObject({ error: { message: expect.stringContaining(words) } });
    }
  });

  test.each(['0x7f.1:443', '2130706433:443', 'localhost', `user@localhost:443`])('%s, which is no server', async (text) => {
    const refused = await site.connect(text, `alice:${alice}`);
    expect(refused.status).toBe(400);
    expect(JSON.parse(await refused.rest())).toMatchObject({ error: { message: expect.stringContaining('CONNECT names no server') } });
  });

  test('a server that is not there, and one that proves nothing', async () => {
    const absent = await site.connect('localhost:1', `alice:${alice}`);
    expect(absent.status).toBe(502);
    expect(absent.head).toContain('proxy-status: sallyport; error=destination_unavailable; details="The target rest cannot be reached');
    const unproven = await curl(`https://localhost:${site.ports.unknown}/`);
    expect(JSON.parse(unproven.stdout)).toMatchObject({ error: { message: expect.stringContaining('did not pass the TLS check') } });
    expect(site.reached).toEqual([]);
  });

  test('by a rule, in words that reach the client', async () => {
    const got = await curl(`https://localhost:${site.ports.https}/things/1`, ['-X', 'DELETE', '-w', ' %{http_code}']);
    expect(got.stdout).toMatch(/nothing is deleted here.*"rule":\["no deletes"\].* 403$/s);
    expect(site.reached).toEqual([]);
  });
});

describe('who signed in for one host does not reach another', () => {
  /** A request over TLS within a tunnel. @param servername '' for none */
  async function asked(servername: string, host: string, alpn = 'http/1.1'): Promise<string> {
    const { socket } = await site.connect(`localhost:${site.ports.https}`, `alice:${alice}`);
    const ca = await readFile(site.ca);
    const secured = connectTls({ socket, servername, ca, checkServerIdentity: () => undefined, ALPNProtocols: [alpn] });
    await once(secured, 'secureConnect');
    if (alpn === 'h2') {
      const session = connectHttp2(`https://${host}`, { createConnection: () => secured });
      const stream = session.request({ ':path': '/', ':authority': host });
      const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
      session.destroy();
      return String(headers[':status']);
    }
    secured.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    const parts: Buffer[] = [];
    for await (const part of secured) parts.push(part as Buffer);
    return Buffer.concat(parts).toString().split(' ')[1] ?? '';
  }

  test.each([
    ['as it should be', 'localhost', (port: number) => `localhost:${port}`, '200'],
    ['without regard to case', 'LocalHost', (port: number) => `LOCALHOST:${port}`, '200'],
    ['another Host', 'localhost', () => 'evil.com', '421'],
    ['another port', 'localhost', () => 'localhost', '421'],
    ['another server in TLS', 'evil.com', (port: number) => `localhost:${port}`, '421'],
    ['none in TLS', '', (port: number) => `localhost:${port}`, '421'],
  ])('%s', async (_, servername, host, code) => {
    expect(await asked(servername, host(site.ports.https))).toBe(code);
    expect(await asked(servername, host(site.ports.https), 'h2')).toBe(code);
    expect(site.reached).toHaveLength(code === '200' ? 2 : 0);
  });

  test('the certificate is for the host alone, and its CA for the listed ones', async () => {
    const { socket } = await site.connect(`localhost:${site.ports.https}`, `alice:${alice}`);
    const secured = connectTls({ socket, servername: 'localhost', ca: await readFile(site.ca) });
    await once(secured, 'secureConnect');
    expect(secured.getPeerCertificate().subjectaltname).toBe('DNS:localhost');
    secured.destroy();
  });

  test('an idle connection ends with its session', async () => {
    const { socket } = await site.connect(`localhost:${site.ports.https}`, `alice:${alice}`);
    const secured = connectTls({ socket, servername: 'localhost', ca: await readFile(site.ca) });
    secured.on('error', () => undefined).write(`GET / HTTP/1.1\r\nhost: localhost:${site.ports.https}\r\n\r\n`);
    await once(secured, 'data');
    const ended = once(secured, 'end');
    const listed = JSON.parse((await site.run(['sessions', 'list', '--json'])).stdout) as { id: string; state: string; target: string }[];
    const live = listed.filter(({ state, target }) => state === 'live' && target === 'service');
    for (const { id } of live) expect((await site.run(['sessions', 'kill', id])).code).toBe(0);
    await ended;
    socket.destroy();
  });

  test('absolute form does not name another server than Host', async () => {
    const got = await curl(`http://localhost:${site.ports.http}/`, ['-H', 'host: evil.com', '-w', ' %{http_code}']);
    expect(got.stdout).toMatch(/name different servers.* 400$/s);
    expect(site.reached).toEqual([]);
  });
});

describe('a tunnel', () => {
  const echo = () => `localhost:${site.ports.echo}`;

  test('passes bytes unseen where a rule allows it; they are counted and sealed', async () => {
    const { status, socket, rest } = await site.connect(echo(), `alice:${alice}`, 'first ');
    expect(status).toBe(200);
    socket.end('and last');
    expect(await rest()).toBe('FIRST AND LAST');
    const [session] = (await site.sessions('bytes')).filter(({ events }) => events.some(({ type }) => type === 'command'));
    expect(session).toMatchObject({ state: 'ended', sealed: true, facts: { forward: echo() } });
    const [command] = (session?.events ?? []).filter(({ type }) => type === 'command');
    expect(command).toMatchObject({
      text: `CONNECT ${echo()}`,
      class: ['admin'],
      verb: 'CONNECT',
      objects: { addresses: [echo()], hosts: ['localhost'] },
      ruling: 'allow',
      rule: ['tunnels'],
      state: 'completed',
      bytes: 28,
    });
  });

  test('is closed to whom no rule allows it', async () => {
    const refused = await site.connect(echo(), `bob:${await site.token('bob')}`);
    expect(refused.status).toBe(403);
    const said = await refused.rest();
    const { session } = JSON.parse(said) as { readonly session: string };
    expect(JSON.parse(said)).toMatchObject({ error: { type: 'denied' }, session: expect.stringMatching(/^s_/) });
    expect(site.reached).toEqual([]);
    await site.sessions('bytes');
    const har = await site.run(['sessions', 'export', '--format', 'har', session]);
    expect(JSON.parse(har.stdout)).toMatchObject({
      log: {
        entries: [
          {
            request: { method: 'CONNECT', url: `https://${echo()}` },
            response: { status: 403, content: { text: said } },
            comment: expect.stringMatching(/: deny$/),
          },
        ],
      },
    });
  });

  test('waits for its approval', async () => {
    const [carol, dana] = [await site.token('carol'), await site.token('dana', '--can', 'approve')];
    const waiting = site.connect(echo(), `carol:${carol}`);
    await decide('approve', dana);
    const { status, socket, rest } = await waiting;
    expect(status).toBe(200);
    socket.end('x');
    expect(await rest()).toBe('X');
  });

  test('is not opened for a client that has left', async () => {
    const carol = await site.token('carol');
    const { socket } = site.asking(echo(), `carol:${carol}`);
    const id = await pending();
    socket.end();
    await site.until(async () => (await approvals()).some((one) => one.id === id && one.state === 'cancelled'));
    expect(site.reached).toEqual([]);
  });

  test('that waits too long is asked for again, and opens once', async () => {
    const [carol, dana] = [await site.token('carol'), await site.token('dana', '--can', 'approve')];
    const later = `127.0.0.1:${site.ports.echo}`;
    const first = await site.connect(later, `carol:${carol}`);
    expect(first.status).toBe(403);
    expect(first.head).toMatch(/retry-after: \d+/);
    expect(JSON.parse(await first.rest())).toMatchObject({ error: { type: 'held' }, approval: expect.stringMatching(/^ap_/) });
    await decide('approve', dana);
    const second = await site.connect(later, `carol:${carol}`);
    expect(second.status).toBe(200);
    second.socket.end();
    await second.rest();
    const third = await site.connect(later, `carol:${carol}`);
    expect(third.status).toBe(403);
    third.socket.destroy();
  });

  test('ends with its session', async () => {
    const { socket, rest } = await site.connect(echo(), `alice:${alice}`);
    socket.write('x');
    await once(socket, 'readable');
    const listed = JSON.parse((await site.run(['sessions', 'list', '--json'])).stdout) as { id: string; state: string; target: string }[];
    const live = listed.find(({ state, target }) => state === 'live' && target === 'bytes');
    expect((await site.run(['sessions', 'kill', live?.id ?? ''])).code).toBe(0);
    expect(await rest()).toBe('X');
  });

  async function approvals(): Promise<readonly { readonly id: string; readonly state: string }[]> {
    return JSON.parse((await site.run(['approvals', 'list', '--json'])).stdout);
  }

  async function pending(): Promise<string> {
    let id = '';
    await site.until(async () => {
      id = (await approvals()).find(({ state }) => state === 'pending')?.id ?? '';
      return id !== '';
    });
    return id;
  }

  async function decide(verdict: string, token: string): Promise<void> {
    expect((await site.run(['approvals', verdict, await pending()], { token })).code).toBe(0);
  }
});

test('a reload takes hosts away, from the proxy and from its CA', async () => {
  const listed = `127.0.0.1:${site.ports.https}`;
  const text = await readFile(site.configFile, 'utf8');
  await writeFile(site.configFile, text.replace(`"${listed}", `, ''));
  site.gateway.child.kill('SIGHUP');
  await site.until(async () => {
    const { status, socket } = await site.connect(listed, `alice:${alice}`);
    socket.destroy();
    return status === 403;
  });
  const ca = await site.run(['ca', 'forward']);
  expect(ca.stdout).not.toBe(await readFile(site.ca, 'utf8'));
  // Who trusts the CA as it was goes on.
  expect(await curl(`https://localhost:${site.ports.https}/`)).toMatchObject({ code: 0, stderr: '' });
});
