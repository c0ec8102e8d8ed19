// A page in Chromium, with a WebSocket of its own, signed in as browsers do; with HTTPS_PROXY through that, whose CA is in a store of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { check } from './verdict.mjs';

const { HTTP_URL, HTTP_TOKEN, HTTP_MASKED, HTTP_CA, HTTPS_PROXY } = process.env;
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const home = mkdtempSync(join(tmpdir(), 'sallyport-browser-'));
const launch = { executablePath: '/usr/bin/chromium', args };
if (HTTPS_PROXY) {
  const { origin, username, password } = new URL(HTTPS_PROXY);
  // Chromium asks no proxy for localhost, unless it is told to.
  launch.proxy = { server: origin, username, password, bypass: '<-loopback>' };
  launch.env = { ...process.env, HOME: home };
  const store = `sql:${join(home, '.pki', 'nssdb')}`;
  mkdirSync(join(home, '.pki', 'nssdb'), { recursive: true });
  execFileSync('certutil', ['-d', store, '-N', '--empty-password']);
  execFileSync('certutil', ['-d', store, '-A', '-t', 'C,,', '-n', 'forward CA', '-i', HTTP_CA]);
}
const browser = await chromium.launch(launch);
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
  rmSync(home, { recursive: true, force: true });
}
