import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { GatewayError, type Host, type Session, type SessionEnd, type Target } from '@sallyport/core';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { SSH_LIMITS, type SshLimits } from '../src/limits.ts';
import { serve } from '../src/serve.ts';
import { targetSchema } from '../src/target-schema.ts';
import { type FileTestGate, fileGate } from './file-gate.ts';
import { wire } from './wire.ts';

const HOST_KEY = ssh2.utils.generateKeyPairSync('ed25519').private;

/** Where a server of the test's stands. */
export interface TestServer {
  readonly port: number;
  /** What {@link Target} options pin. */
  readonly hostKey: string;
  readonly username: string;
  readonly key?: string;
  readonly password?: string;
}

/** SSH as it is served, in this process, with a gate that does what the test says. */
export interface TestGateway {
  readonly gate: FileTestGate;
  readonly ends: SessionEnd[];
  readonly log: string[];
  /** Ends of the connections that clients have, as the gateway has them. */
  readonly sockets: Duplex[];
  /** A stream to the gateway without any buffer of the system's. */
  dial(): Duplex;
  /** A client that has signed in. */
  client(config?: ConnectConfig): Promise<Client>;
  /** Resolves when every session has ended. */
  settled(): Promise<void>;
  /** Ends the session as the gateway does. */
  end(reason: string): void;
}

export interface TestGatewayOptions {
  readonly limits?: Partial<SshLimits>;
  /** What the recorder does in place of taking everything at once. */
  readonly recorder?: Partial<Pick<Session, 'durable' | 'ready'>>;
}

/** @param admission called for each sign-in that is good; the session is there when it resolves. */
export function testGateway(
  server: TestServer,
  rule?: Parameters<typeof fileGate>[0],
  admission: () => Promise<void> = () => Promise.resolve(),
  { limits = {}, recorder = {} }: TestGatewayOptions = {},
): TestGateway {
  const gate = fileGate(rule);
  const [ends, log, sockets]: [SessionEnd[], string[], Duplex[]] = [[], [], []];
  const sessions = new Set<Promise<void>>();
  const ending = new AbortController();
  const target = targetAt(server);
  const session = {
    ...gate,
    ...recorder,
    id: 's_1',
    identity: { name: 'alice', kind: 'person', groups: [] },
    target,
    signal: ending.signal,
    textMask: undefined,
    end: (end: SessionEnd) => {
      ends.push(end);
      return Promise.resolve();
    },
  } as unknown as Session;
  const host = {
    targets: [target],
    client: '127.0.0.1:1',
    signal: new AbortController().signal,
    sshHostKeys: () => Promise.resolve([HOST_KEY]),
    provable: (_user: string, key: Buffer) => key,
    refused: () => undefined,
    admit: async () => {
      await admission();
      return session;
    },
    targetAt: () => undefined,
    log: (_level: string, message: string) => void log.push(message),
  } as unknown as Host;
  const dial = (): Duplex => {
    const [near, far] = wire();
    sockets.push(far);
    const served = serve(far, host, { ...SSH_LIMITS, ...limits }).finally(() => sessions.delete(served));
    sessions.add(served);
    return near;
  };
  return {
    ...{ gate, ends, log, sockets, dial },
    async client(config = {}) {
      const client = new ssh2.Client();
      client.on('error', () => undefined);
      client.connect({ sock: dial(), username: 'alice', password: 'sp_token', ...config });
      await once(client, 'ready');
      return client;
    },
    settled: async () => void (await Promise.all(sessions)),
    end: (reason) => ending.abort(new GatewayError('ERR_ENDED', reason)),
  };
}

function targetAt({ port, hostKey, username, key, password }: TestServer): Target {
  return {
    name: 'web-1',
    protocol: 'ssh',
    host: '127.0.0.1',
    port,
    tls: { mode: 'disable' },
    credentials: { username, ...(key !== undefined && { key }), ...(password !== undefined && { password }) },
    labels: {},
    options: targetSchema.parse({ host_keys: [hostKey] }),
  };
}

/** What a program said until its end, in the order in which it came. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: readonly unknown[];
}

export function opened(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}

export async function said(channel: ClientChannel): Promise<Said> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  let exit: unknown[] = [];
  channel.on('data', (data: Buffer) => out.push(data));
  channel.stderr.on('data', (data: Buffer) => err.push(data));
  channel.once('exit', (...args: unknown[]) => {
    exit = args;
  });
  await once(channel, 'close');
  return { stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), exit };
}
