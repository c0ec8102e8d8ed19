import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Makes ciphers as each connection has four, drops them, and lets the collector find them between two turns of the loop. */
const DROP = `
const { createCipher, bindingAvailable, init } = require('ssh2/lib/protocol/crypto.js');
const AES = { sslName: 'aes-128-gcm', authLen: 16, blockLen: 16, ivLen: 12, keyLen: 16, discardLen: 0, stream: true };
const outbound = {
  seqno: 0, onWrite() {}, cipherInfo: AES, cipherName: 'aes128-gcm@openssh.com',
  cipherKey: Buffer.alloc(16), cipherIV: Buffer.alloc(12), macInfo: undefined, macKey: undefined,
};
init.then(async () => {
  for (let round = 0; round < 10; round += 1) {
    for (let each = 0; each < 20_000; each += 1) createCipher({ outbound });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  console.log(bindingAvailable ? 'alive' : 'no binding');
});`;

test('ssh2’s native ciphers are there, and collecting them does not end the process', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', DROP], { cwd: join(import.meta.dirname, '..') });
  expect(stdout).toBe('alive\n');
});
