// A page in Chromium, with a WebSocket of its own, signed in as browsers do.
import { chromium } from 'playwright-core';
import { check } from './verdict.mjs';

const { HTTP_URL, HTTP_TOKEN, HTTP_MASKED } = process.env;
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
try {
  const context = await browser.newContext({ httpCredentials: { username: 'tester', password: HTTP_TOKEN } });
  const page = await context.newPage();
  await check('page', async () => (await page.goto(`${HTTP_URL}/page`)).status(), 200);
  await check(
    'websocket',
    async () => {
      await page.waitForFunction(() => document.getElementById('said').textContent !== '', undefined, { timeout: 15_000 });
      return page.textContent('#said');
    },
    HTTP_MASKED === '1' ? 'to [redacted]' : 'to ada@example.com',
  );
  await check('fetch', () => page.evaluate(async () => (await (await fetch('/customers/7')).json()).id), 7);
} finally {
  await browser.close();
}
