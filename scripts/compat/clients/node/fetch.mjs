import assert from 'node:assert/strict';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import { runChecks } from './checks.mjs';

// Node.js's own ways to a server with TLS. HTTP_URL, HTTP_TOKEN; HTTPS_PROXY and NODE_USE_ENV_PROXY lead through a proxy.
const { HTTP_URL, HTTP_TOKEN, HTTP_MASKED } = process.env;
const headers = { authorization: `Bearer ${HTTP_TOKEN}` };
const email = HTTP_MASKED === '1' ? '[redacted]' : 'ada@example.com';
const url = `${HTTP_URL}/customers/7`;

await runChecks({
  async fetch() {
    assert.equal((await (await fetch(url, { headers })).json()).email, email);
  },
  async events() {
    const said = await (await fetch(`${HTTP_URL}/events`, { headers })).text();
    assert.equal(said.match(/data: /g).length, 5);
  },
  async https() {
    const { promise, resolve, reject } = Promise.withResolvers();
    https.get(url, { headers }, resolve).on('error', reject);
    assert.equal(JSON.parse(await text(await promise)).email, email);
  },
  async EnvHttpProxyAgent() {
    const dispatcher = new EnvHttpProxyAgent();
    assert.equal((await (await undiciFetch(url, { headers, dispatcher })).json()).email, email);
    await dispatcher.close();
  },
});
