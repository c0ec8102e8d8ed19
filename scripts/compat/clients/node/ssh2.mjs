import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { runChecks } from './checks.mjs';

// Everything comes from SSH_HOST, SSH_PORT, SSH_USER, SSH_KEY and SSH_HOST_KEY.
const { SSH_HOST: host, SSH_PORT: port, SSH_USER: username, SSH_KEY: key, SSH_HOST_KEY: hostKey, FAR_PORT: far } = process.env;
const client = new ssh2.Client();
const exec = promisify(client.exec.bind(client));

async function run(command, input) {
  const channel = await exec(command);
  const exit = once(channel, 'exit');
  const said = Promise.all([buffer(channel), buffer(channel.stderr)]);
  channel.end(input);
  const [[status], [stdout, stderr]] = await Promise.all([exit, said]);
  return { status, stdout, stderr };
}

await runChecks({
  async connect() {
    client.connect({
      host,
      port: Number(port),
      username,
      privateKey: readFileSync(key),
      hostVerifier: (shown) => shown.equals(Buffer.from(hostKey.split(' ')[1], 'base64')),
    });
    await once(client, 'ready');
  },
  async output() {
    const { status, stdout, stderr } = await run('echo out; echo err >&2; exit 7');
    assert.deepEqual([status, String(stdout), String(stderr)], [7, 'out\n', 'err\n']);
  },
  async big() {
    const sent = randomBytes(20_000_000);
    assert.ok((await run('cat', sent)).stdout.equals(sent));
  },
  async terminal() {
    const channel = await promisify(client.shell.bind(client))({ rows: 17, cols: 91 });
    channel.end('stty size; exit 4\n');
    const exit = once(channel, 'exit');
    assert.match(String(await buffer(channel)), /17 91/);
    assert.deepEqual((await exit)[0], 4);
  },
  async files() {
    const sftp = await promisify(client.sftp.bind(client))();
    const path = `/tmp/sallyport-compat-${process.pid}`;
    await promisify(sftp.writeFile.bind(sftp))(path, 'written');
    assert.equal(String(await promisify(sftp.readFile.bind(sftp))(path)), 'written');
    await promisify(sftp.ext_openssh_rename.bind(sftp))(path, `${path}-renamed`);
    await promisify(sftp.unlink.bind(sftp))(`${path}-renamed`);
    sftp.end();
  },
  async tunnel() {
    const channel = await promisify(client.forwardOut.bind(client))('127.0.0.1', 1, '127.0.0.1', Number(far));
    const [greeting] = await once(channel, 'data');
    assert.match(String(greeting), /^SSH-2.0/);
    channel.destroy();
  },
});
