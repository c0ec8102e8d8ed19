import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type ClientChannel, ssh2 } from '../../protocols/ssh/test/ssh2.ts';

/** A way to the server that is measured. */
export interface SshRoute {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  /** The process in the middle. */
  readonly pid?: number | undefined;
}

export type Idle = Pick<Client, 'end'>;

/** As long as the gateway's buffers take to fill. */
const FILL_MS = 5_000;

/** A client that is signed in. */
export async function openIdle({ port, user, keyFile }: SshRoute): Promise<Client> {
  const client = new ssh2.Client();
  client.connect({ port, username: user, privateKey: readFileSync(keyFile) });
  await once(client, 'ready');
  return client;
}

/** A client that asks for output and reads nothing of it. */
export async function stall(route: SshRoute, command: string): Promise<Idle> {
  const client = await openIdle(route);
  const channel = await run(client, command, false);
  channel.pause();
  await delay(FILL_MS);
  return client;
}

/** How long the echo of each of so many keys takes, in ms, one after the other. */
export async function pressKeys(route: SshRoute, count: number): Promise<readonly number[]> {
  const client = await openIdle(route);
  const channel = await run(client, 'stty raw -echo; echo ready; exec cat', true);
  await once(channel, 'data');
  const took: number[] = [];
  for (let each = 0; each < count; each += 1) {
    const began = performance.now();
    channel.write('x');
    await once(channel, 'data');
    took.push(performance.now() - began);
  }
  client.end();
  return took;
}

function run(client: Client, command: string, pty: boolean): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, { pty }, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}
