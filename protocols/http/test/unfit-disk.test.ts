import { ask, behind } from './requests.ts';

const ZERO = '0'.repeat(40);
const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;

test('a push that the gateway finds no place for says so to git and in the log, and reaches nobody', async () => {
  let asked = 0;
  const gateway = await behind(
    (_, response) => {
      asked += 1;
      response.end();
    },
    { host: { scratch: '/nonexistent' } },
  );
  const push = `${line(`${ZERO} ${'1'.repeat(40)} refs/heads/main\0report-status side-band-64k object-format=sha1`)}0000PACK`;
  const headers = { 'content-type': 'application/x-git-receive-pack-request' };
  const { body, status } = await ask(gateway, 'POST', '/shop.git/git-receive-pack', headers, push);
  const sentence =
    'The push could not be looked at, and nothing of it was pushed: the gateway cannot write to its data_dir (ENOENT). Check the disk and its rights there, then push again.';
  expect(status).toBe(200);
  expect(body).toContain(`sallyport: ${sentence}`);
  expect(body).toContain('ng refs/heads/main refused by the gateway');
  expect(gateway.gate.log).toEqual([sentence]);
  expect(gateway.gate.bodies('target')).toBe(body);
  expect(asked).toBe(0);
});
