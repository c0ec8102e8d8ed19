import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type Classification,
  type CommandClass,
  type Decoder,
  type Frame,
  GatewayError,
  type Host,
  type Out,
  type Protocol,
  pump,
  type Relay,
  type Session,
} from '@sallyport/core';
import { z } from 'zod';

/**
 * The smallest protocol there can be: `user token\n`, then one command a line, one answer a line.
 * `class relation` is a command (`ddl public.orders`). It shows that the gateway names no protocol.
 */
export function lineProtocol(): Protocol {
  return {
    name: 'lines',
    defaultPort: 7,
    targetSchema: z.object({ database: z.string().optional() }),
    serve,
    classify: async (text) => classify(text),
    decodeRecording: () => {
      throw new Error('not needed here');
    },
    exec: () => {
      throw new Error('not needed here');
    },
    connect: () => {
      throw new Error('not needed here');
    },
    readDsn: () => undefined,
    inspect: async () => ({ results: [] }),
    close: async () => undefined,
  };
}

class LineDecoder implements Decoder<Frame> {
  #rest = Buffer.alloc(0);
  *push(chunk: Buffer): Iterable<Frame> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      yield { raw: this.#rest.subarray(0, end + 1), first: true, last: true };
      this.#rest = this.#rest.subarray(end + 1);
    }
  }
}

function classify(text: string): Classification {
  const [kind = 'unknown', relation, host, secret] = text.split(' ');
  return {
    class: [kind as CommandClass],
    verbs: [kind.toUpperCase()],
    relations: relation === undefined ? [] : [relation],
    unfiltered: false,
    ...(host !== undefined && { objects: { hosts: [host], headers: [`cookie: ${secret}`], query: [`key=${secret}`], command: [text] } }),
  };
}

async function serve(client: Duplex, host: Host): Promise<void> {
  const answer = (text: string): Out[] => [{ to: 'client', data: Buffer.from(`${text}\n`) }];
  try {
    const session = await signIn(client, host);
    const target = connect(session.target.port, session.target.host);
    await once(target, 'connect');
    client.write('welcome\n');
    const end = await pump({
      client,
      target,
      targetName: session.target.name,
      clientDecoder: new LineDecoder(),
      targetDecoder: new LineDecoder(),
      relay: relay(session, answer),
      gate: session,
      signal: session.signal,
      farewell: (error) => Buffer.from(`bye: ${error.message}\n`),
    });
    await session.end(end);
  } catch (error) {
    client.end(`${error instanceof GatewayError ? error.code : 'ERR'}: ${(error as Error).message}\n`);
  }
}

async function signIn(client: Duplex, host: Host): Promise<Session> {
  const aborted = new Promise<never>((_resolve, reject) => {
    host.signal.addEventListener('abort', () => reject(host.signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  const [first] = (await Promise.race([once(client, 'data'), aborted])) as [Buffer];
  const [user = '', secret = ''] = first.toString().trim().split(' ');
  const [target] = host.targets;
  if (target === undefined) throw new GatewayError('ERR_ACCESS', 'no target');
  return await host.admit({
    user,
    target,
    proof: { method: 'password', secret },
    facts: { greeting: first.toString().trim() }, // careless: the secret is in it
    notice: (text) => client.write(`notice: ${text}\n`),
  });
}

function relay(session: Session, answer: (text: string) => Out[]): Relay<Frame> {
  const gone = new AbortController();
  return {
    clientGone: () => gone.abort('the client left'),
    fromTarget: (frame) => [{ to: 'client', data: frame.raw }],
    fromClient(frame) {
      const text = frame.raw.toString().trim();
      const ruling = session.command({ ...classify(text), text, shape: text, digest: session.fingerprint(text), parameters: [] });
      if (ruling.action === 'allow') return pass(ruling.command, frame);
      if (ruling.action === 'deny') return answer(`denied: ${ruling.message}`);
      return (async function* () {
        const asked = ruling.ask({ database: 'd' }, gone.signal);
        yield answer(`held: ${asked.approval}`);
        const outcome = await asked.outcome;
        yield outcome.action === 'allow' ? pass(outcome.command, frame) : answer(`${outcome.cause}: ${outcome.message}`);
      })();
    },
  };

  function pass(command: number, frame: Frame): Out[] {
    session.note({ type: 'result', command, state: 'completed', rows: 1, bytes: frame.raw.length });
    return [{ to: 'target', data: frame.raw }];
  }
}
