import ssh2 from 'ssh2';
import { preferredCiphers } from './native-ciphers.ts';

test('ssh2 chooses by itself where its ciphers are native', () => expect(preferredCiphers(true)).toBeUndefined());

test('without them ChaCha20 comes first, and ssh2 knows every name', () => {
  const cipher = preferredCiphers(false);
  expect(cipher).toMatchObject({ 0: 'chacha20-poly1305@openssh.com' });
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  expect(() => client.connect({ host: '127.0.0.1', port: 1, username: 'x', algorithms: { cipher: cipher ?? [] } })).not.toThrow();
  client.destroy();
});
