/**
 * The cheapest thing that can be put between a client and a server of SSH with the same library: ssh2's server in front,
 * its client behind, their channels piped. What the gateway costs is measured against this. It lets everybody in.
 *
 *   node scripts/bench/ssh-proxy.ts LISTEN-PORT TARGET-PORT USER KEY-FILE
 */
import { readFileSync } from 'node:fs';
import { type Client, type ClientChannel, type ServerChannel, type Session, ssh2 } from '../../protocols/ssh/test/ssh2.ts';

const [listen, target, username, keyFile] = process.argv.slice(2);
if (keyFile === undefined) throw new Error('Usage: ssh-proxy.ts LISTEN-PORT TARGET-PORT USER KEY-FILE');
const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private;
const privateKey = readFileSync(keyFile, 'utf8');

new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
  const client = new ssh2.Client();
  const ready = new Promise<Client>((resolve) => client.once('ready', () => resolve(client)));
  connection.on('authentication', (context) => context.accept());
  connection.once('ready', () => client.connect({ port: Number(target), username: username ?? '', privateKey }));
  connection.on('session', (accept) => serve(accept(), ready));
  connection.on('error', () => client.end()).on('close', () => client.end());
  client.on('error', () => connection.end()).on('close', () => connection.end());
}).listen(Number(listen), '127.0.0.1');

function serve(session: Session, ready: Promise<Client>): void {
  let pty: object | undefined;
  session.on('pty', (accept, _reject, info) => {
    pty = info;
    accept?.();
  });
  session.on('exec', (accept, _reject, { command }) => {
    const near = accept();
    void ready.then((client) =>
      client.exec(command, pty === undefined ? {} : { pty }, (error, far) => (error ? near.close() : join(near, far))),
    );
  });
}

function join(near: ServerChannel, far: ClientChannel): void {
  near.pipe(far);
  far.pipe(near, { end: false });
  far.stderr.pipe(near.stderr);
  far.once('exit', (code: number | null) => near.exit(code ?? 255));
  far.once('close', () => near.end());
}
