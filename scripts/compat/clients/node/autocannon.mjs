// A load generator: many connections, with and without pipelining, all answers good.
import autocannon from 'autocannon';
import { check } from './verdict.mjs';

const { HTTP_URL, HTTP_TOKEN } = process.env;
const load = async (options) => {
  const headers = { authorization: `Bearer ${HTTP_TOKEN}` };
  const { errors, timeouts, mismatches, non2xx, requests } = await autocannon({ url: `${HTTP_URL}/customers/7`, headers, ...options });
  return errors + timeouts + mismatches + non2xx === 0 && requests.total > 0;
};
await check('connections', () => load({ connections: 50, duration: 3 }), true);
await check('pipelining', () => load({ connections: 10, pipelining: 10, amount: 2_000 }), true);
await check(
  'bodies',
  () => load({ connections: 10, amount: 500, method: 'POST', body: 'x'.repeat(10_000), url: `${HTTP_URL}/upload` }),
  true,
);
