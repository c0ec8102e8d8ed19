import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';
import { Wait } from './wait.ts';

const NOTICE = 'approval ap_1a2b asked of dba: waiting up to 10m';

function api(state: string): { readonly api: Api; readonly asked: string[] } {
  const asked: string[] = [];
  const get = async (path: string): Promise<unknown> => {
    asked.push(path);
    return { state };
  };
  return { api: { get } as unknown as Api, asked };
}

test('a command that is still pending when the time is over is taken back', async () => {
  const gateway = api('pending');
  const wait = new Wait(gateway.api, 20);
  wait.noticed(NOTICE);
  await once(wait.signal, 'abort');
  expect(gateway.asked).toEqual(['/api/v1/approvals/ap_1a2b']);
  expect(wait.signal.reason).toMatchObject({ exit: 3 });
});

test('one that was approved in time runs on, however long it takes', async () => {
  const wait = new Wait(api('approved').api, 20);
  wait.noticed(NOTICE);
  await delay(80);
  expect(wait.signal.aborted).toBe(false);
});

test('an answer stops the clock, and other notices do not start it', async () => {
  const gateway = api('pending');
  const wait = new Wait(gateway.api, 20);
  wait.noticed('table "a" does not exist, skipping');
  wait.noticed(NOTICE);
  wait.over();
  await delay(80);
  expect(gateway.asked).toEqual([]);
});
