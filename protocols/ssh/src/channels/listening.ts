import { GatewayError, type Session } from '@sallyport/core';
import type {
  Channel,
  Client,
  Connection,
  SocketBindInfo,
  TcpConnectionDetails,
  TcpipBindInfo,
  UNIXConnectionDetails,
  X11Details,
} from 'ssh2';
import { CHANNEL_VERBS, classifyChannel } from '../classify/command-line.ts';
import { asGatewayError } from '../errors.ts';
import { repaired } from '../ssh2/private-parts.ts';
import { ask } from './asking.ts';
import type { Conversation, TargetConnection } from './conversation.ts';
import { addressText } from './forwarding.ts';
import { refusedTunnel, runTunnel } from './tunnel.ts';

type Reply = ((port?: number) => void) | undefined;

/** Addresses that the target listens at for the client (`ssh -R`), and the connections that come in there. */
export class Listening {
  readonly #conversation: Conversation;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    conversation.parts.target.then(
      (target) => this.#follow(target),
      () => undefined,
    );
  }

  /** https://www.rfc-editor.org/rfc/rfc4254#section-7.1 */
  async request(accept: Reply, reject: Reply, name: string, info: unknown): Promise<void> {
    try {
      const gate = await this.#conversation.unlessOver(this.#conversation.parts.session);
      const { client } = await this.#conversation.unlessOver(this.#conversation.parts.target);
      const port = await this.#serve(gate, client, name, info);
      accept?.(port);
    } catch (cause) {
      this.#conversation.parts.host.log('info', `A request to listen was refused: ${asGatewayError(cause).message}`, { request: name });
      reject?.();
    }
  }

  /** @returns the port where the target chose one. @throws where it is denied, or the target refuses */
  async #serve(gate: Session, client: Client, name: string, info: unknown): Promise<number | undefined> {
    const { bindAddr, bindPort } = info as TcpipBindInfo;
    const { socketPath } = info as SocketBindInfo;
    switch (name) {
      case 'tcpip-forward':
        await this.#judge(gate, addressText(bindAddr, bindPort));
        return await answered<number>((done) => client.forwardIn(bindAddr, bindPort, done));
      case 'streamlocal-forward@openssh.com':
        await this.#judge(gate, socketPath);
        return await answered((done) => client.openssh_forwardInStreamLocal(socketPath, done));
      case 'cancel-tcpip-forward':
        return await answered((done) => client.unforwardIn(bindAddr, bindPort, done));
      case 'cancel-streamlocal-forward@openssh.com':
        return await answered((done) => client.openssh_unforwardInStreamLocal(socketPath, done));
      default:
        throw new GatewayError('ERR_PROTOCOL', `The gateway does not know the request ${name}.`);
    }
  }

  async #judge(gate: Session, address: string): Promise<void> {
    const wish = { ...classifyChannel(CHANNEL_VERBS.listen, [address]), text: `listen at ${address}`, exact: ['listen', address] };
    const ruling = await ask(gate, wish, {
      signal: this.#conversation.over,
      context: () => Promise.resolve({ account: gate.target.credentials.username }),
      notice: (text) => this.#conversation.parts.host.log('info', text),
    });
    if (ruling.action === 'deny') throw new GatewayError('ERR_ACCESS', ruling.message);
    await gate.durable();
    gate.note({ type: 'result', command: ruling.command, state: 'completed', rows: 0, bytes: 0 });
  }

  /** Connections that come in at the target are the client's, if it asked for them. */
  #follow({ client, socket }: TargetConnection): void {
    const { connection } = this.#conversation.parts;
    client.on('tcp connection', (details, accept, reject) => {
      const { destIP, destPort, srcIP, srcPort } = details as TcpConnectionDetails;
      const text = `${addressText(destIP, destPort)}, from ${addressText(srcIP, srcPort)}`;
      this.#carry(text, socket, accept, reject, (done) => connection.forwardOut(destIP, destPort, srcIP, srcPort, done));
    });
    client.on('unix connection', (details, accept, reject) => {
      const { socketPath } = details as UNIXConnectionDetails;
      this.#carry(socketPath, socket, accept, reject, (done) => connection.openssh_forwardOutStreamLocal(socketPath, done));
    });
    client.on('x11', (details, accept, reject) => {
      const { srcIP, srcPort } = details as X11Details;
      this.#carry('X11', socket, accept, reject, (done) => connection.x11(srcIP, srcPort, done));
    });
  }

  #carry(
    what: string,
    targetSocket: TargetConnection['socket'],
    accept: () => Channel,
    reject: () => void,
    open: (done: Parameters<Connection['forwardOut']>[4]) => void,
  ): void {
    const gate = this.#conversation.admitted;
    if (gate === undefined || this.#conversation.full) {
      reject();
      return;
    }
    gate.note({ type: 'incoming', at: what });
    const ends = new Promise<Channel>((resolve, rejectOpen) => {
      open((error: Error | undefined, channel: Channel) =>
        error === undefined ? resolve(repaired(channel)) : rejectOpen(refusedTunnel(`for ${what}`, error)),
      );
    });
    this.#conversation.run(
      ends.then(
        (client) => runTunnel(gate, 0, this.#conversation, () => Promise.resolve({ client, target: repaired(accept()), targetSocket })),
        () => reject(),
      ),
    );
  }
}

/** What ssh2 answers to a request of this kind. */
function answered<T = undefined>(ask: (done: (error?: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}
