import { http } from '../http.ts';
import { connectAuthority } from './classify-connect.ts';

test('a tunnel is admin, at its address', async () => {
  const protocol = http();
  const tunnel = { class: ['admin'], verbs: ['CONNECT'], objects: { addresses: ['a.test:443'], hosts: ['a.test'] } };
  expect(await protocol.classify('CONNECT A.test:443', undefined)).toMatchObject(tunnel);
  expect(await protocol.classify(' CONNECT a.test:443 HTTP/1.1\n', undefined)).toMatchObject(tunnel);
  await protocol.close();
});

test.each(['CONNECT a.test', 'CONNECT', 'GET https://a.test:443/', 'CONNECT a.test:443 and more'])('%s is none', (text) => {
  expect(connectAuthority(text)).toBeUndefined();
});
