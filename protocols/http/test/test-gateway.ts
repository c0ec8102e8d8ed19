import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import {
  type Asked,
  type Command,
  type Denied,
  type Gate,
  GatewayError,
  type HoldContext,
  type HoldOptions,
  type Host,
  type Ruling,
  type Session,
  type SessionEnd,
  type SessionEvent,
  type SignIn,
  type Target,
  type TextMask,
} from '@sallyport/core';
import { DigestThread } from '../src/digest/digest-thread.ts';
import { type ExchangeMessage, ExchangeMessageDecoder } from '../src/recorded/message.ts';
import { serve } from '../src/serve.ts';
import { Http1Server } from '../src/startup/http1-server.ts';
import { targetSchema } from '../src/target-schema.ts';
import { Upstreams } from '../src/upstream/upstreams.ts';

const pem = (name: string): string => readFileSync(new URL(`../../../test-fixtures/certificates/${name}`, import.meta.url), 'utf8');

/** The only token that signs in. */
export const TOKEN = 'sp_right';

type Action = 'allow' | 'deny' | 'hold';

export interface TestHold {
  readonly context: HoldContext;
  readonly options: HoldOptions | undefined;
  approve(): void;
  deny(message: string): void;
}

/** A gate that does what the test says and remembers all that it was told. */
export class TestGate {
  readonly commands: Command[] = [];
  readonly notes: SessionEvent[] = [];
  readonly holds: TestHold[] = [];
  readonly ends: SessionEnd[] = [];
  readonly signIns: SignIn[] = [];
  readonly log: string[] = [];
  readonly #recorded: { readonly from: 'client' | 'target'; readonly data: Buffer }[] = [];
  rule: (command: Command) => Action = () => 'allow';
  readonly ending = new AbortController();

  /** All that was recorded of one side. */
  recorded(from: 'client' | 'target'): readonly ExchangeMessage[] {
    const decoder = new ExchangeMessageDecoder();
    return this.#recorded.filter((each) => each.from === from).flatMap(({ data }) => [...decoder.push(data)]);
  }

  /** Bodies that were recorded of one side, one after the other. */
  bodies(from: 'client' | 'target'): string {
    return this.recorded(from)
      .map((message) => (message.type === 'data' ? message.data.toString() : ''))
      .join('');
  }

  session(signIn: SignIn, textMask: TextMask | undefined, more: Partial<Gate>): Session {
    const over = new AbortController();
    return {
      id: `s_${this.signIns.length}`,
      identity: { name: signIn.user || 'alice', kind: 'person', groups: [] },
      target: signIn.target,
      signal: AbortSignal.any([this.ending.signal, over.signal]),
      command: (command: Command) => this.#judge(command),
      textMask,
      fieldMasks: undefined,
      requestMasks: { text: undefined, fields: undefined },
      isMask: () => false,
      note: (event: SessionEvent) => void this.notes.push(event),
      record: (from: 'client' | 'target', data: Buffer) => void this.#recorded.push({ from, data: Buffer.from(data) }),
      fingerprint: (...parts: readonly (Buffer | string)[]) =>
        parts.reduce((hmac, part) => hmac.update(`${part.length}:`).update(part), createHmac('sha256', 'test')).digest('hex'),
      durable: () => undefined,
      ready: () => undefined,
      end: (end: SessionEnd) => {
        this.ends.push(end);
        over.abort(new GatewayError('ERR_ENDED', 'The session has ended.')); // as the gateway's own sessions do
        return Promise.resolve();
      },
      ...more,
    } as unknown as Session;
  }

  #judge(command: Command): Ruling | { readonly action: 'hold'; readonly command: number; ask(...args: never[]): Asked } {
    const ordinal = this.commands.push(command);
    const action = this.rule(command);
    if (action === 'allow') return { action, command: ordinal };
    if (action === 'deny') return { action, command: ordinal, cause: 'denied', message: 'Denied by a test.', rules: ['a test'] };
    return {
      action,
      command: ordinal,
      ask: (context: HoldContext, signal: AbortSignal, options?: HoldOptions) => this.#ask(ordinal, context, signal, options),
    };
  }

  #ask(command: number, context: HoldContext, signal: AbortSignal, options?: HoldOptions): Asked {
    const { promise: outcome, resolve } = Promise.withResolvers<Ruling>();
    const denied = (message: string, cause: Denied['cause']): Denied => ({ action: 'deny', command, cause, message });
    signal.addEventListener('abort', () => resolve(denied('The client left.', 'cancelled')));
    this.holds.push({
      context,
      options,
      approve: () => resolve({ action: 'allow', command }),
      deny: (message) => resolve(denied(message, 'denied')),
    });
    return {
      approval: 'ap_1',
      notice: 'approval ap_1 asked of leads',
      outcome,
      cancel: (reason) => denied(reason, 'cancelled'),
      defer: () => resolve(denied('It waits for approval ap_1: send the same request again once that is given.', 'cancelled')),
    };
  }
}

export interface TestGateway {
  readonly port: number;
  readonly gate: TestGate;
  readonly digests: DigestThread;
  readonly target: Target;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly options?: Record<string, unknown>;
  readonly target?: Partial<Target>;
  readonly textMask?: TextMask;
  readonly gate?: Partial<Gate>;
  readonly targets?: readonly Target[];
  readonly host?: Partial<Host>;
}

/** HTTP as it is served, in this process, on a port of its own. */
export async function testGateway(targetPort: number, settings: TestGatewayOptions = {}): Promise<TestGateway> {
  const gate = new TestGate();
  const target = targetAt(targetPort, settings.options, settings.target);
  const services = { http1: new Http1Server(), upstreams: new Upstreams(), digests: new DigestThread() };
  const host = {
    targets: settings.targets ?? [target],
    client: '127.0.0.1:1',
    signal: new AbortController().signal,
    tls: { context: { cert: pem('localhost.pem'), key: pem('localhost.key') }, hash: Buffer.alloc(32) },
    signedIn: undefined,
    refused: () => undefined,
    scratch: '/nonexistent',
    admit: (signIn: SignIn) => {
      const { proof } = signIn;
      if (!('secret' in proof) || proof.secret !== TOKEN)
        return Promise.reject(new GatewayError('ERR_LOGIN', 'The gateway does not know this token.'));
      gate.signIns.push(signIn);
      return Promise.resolve(gate.session(signIn, settings.textMask, settings.gate ?? {}));
    },
    targetAt: () => undefined,
    log: (_level: string, message: string, fields?: { readonly err?: unknown }) => {
      gate.log.push(message);
      // What nobody expected is a fault of the code under test.
      if (message.includes('internal error')) console.error(fields?.err);
    },
    ...settings.host,
  } as unknown as Host;
  const serving = new Set<Promise<void>>();
  const server = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    const served = serve(socket, host, services).finally(() => serving.delete(served));
    serving.add(served);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    gate,
    target,
    digests: services.digests,
    async close() {
      server.close();
      gate.ending.abort(new GatewayError('ERR_ENDED', 'The test is over.'));
      services.upstreams.close();
      services.http1.close();
      services.digests.close();
      await Promise.race([Promise.all(serving), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    },
  };
}

export function targetAt(port: number, options: Record<string, unknown> = {}, more: Partial<Target> = {}): Target {
  return {
    name: 'shop-api',
    protocol: 'http',
    host: '127.0.0.1',
    port,
    tls: { mode: 'disable' },
    credentials: { username: '', token: 'target-secret' },
    labels: {},
    options: targetSchema.parse(options),
    ...more,
  };
}

/** A target of HTTP/1.1 in this process. */
export async function testTarget(
  listener: RequestListener,
): Promise<{ readonly port: number; readonly server: HttpServer; close(): void }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
