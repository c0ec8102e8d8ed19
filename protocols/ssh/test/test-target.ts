import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import type { TestServer } from './test-gateway.ts';

/** A server of ssh2's that does with each command what the test says. */
export interface TestTarget extends TestServer {
  readonly connections: Connection[];
  /** Who tried to sign in. */
  readonly users: string[];
  /** Names of the variables that channels were given. */
  readonly variables: string[];
  stop(): void;
}

const KEYS = ssh2.utils.generateKeyPairSync('ed25519');

/**
 * @param run what a command does; its channel is accepted
 * @param refuses channels, all of them, or commands in them
 */
export async function startTestTarget(
  run: (command: string, channel: ServerChannel) => void,
  refuses: 'channels' | 'commands' | 'nothing' = 'nothing',
): Promise<TestTarget> {
  const connections: Connection[] = [];
  const users: string[] = [];
  const variables: string[] = [];
  const server = new ssh2.Server({ hostKeys: [KEYS.private] }, (connection) => {
    connections.push(connection);
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      users.push(context.username);
      context.accept();
    });
    connection.on('session', (accept, reject) => {
      if (refuses === 'channels') return reject();
      const session = accept();
      session.on('env', (acceptVariable: (() => void) | undefined, _reject: unknown, { key }: { key: string }) => {
        variables.push(key);
        acceptVariable?.();
      });
      session.on('exec', (acceptExec, rejectExec, { command }) => (refuses === 'commands' ? rejectExec() : run(command, acceptExec())));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: KEYS.public,
    username: 'app',
    password: 'secret',
    connections,
    users,
    variables,
    stop() {
      for (const connection of connections) connection.end();
      server.close();
    },
  };
}
