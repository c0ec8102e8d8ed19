import { dana, idOf, openDesk, testStore } from '../test/desk.ts';
import type { ApprovalDetailJson } from './approval-json.ts';

const store = testStore();

describe('a watcher', () => {
  test('sees what waits, then each change, until it stops', async () => {
    const { ask, approvals } = openDesk(store);
    const first = ask();
    const stop = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { id, state } of approvals.watch(stop.signal)) {
        seen.push(`${id === first.approval ? 'first' : 'second'} ${state}`);
        if (state === 'denied') stop.abort();
      }
    })();
    await new Promise(setImmediate);
    const second = ask();
    await approvals.decide(idOf(second), dana, 'approve', null);
    await approvals.decide(idOf(first), dana, 'deny', null);
    await watching;
    expect([...new Set(seen)]).toEqual(['first pending', 'second pending', 'second approved', 'first denied']);
  });

  test('that does not read costs little, and is told that it fell behind', async () => {
    const memory = { ...store.approvals, insert: () => Promise.resolve(), settle: () => Promise.resolve(true) };
    const { ask, approvals } = openDesk({ approvals: memory });
    const watch = approvals.watch(new AbortController().signal)[Symbol.asyncIterator]();
    const early: Promise<IteratorResult<ApprovalDetailJson>> = watch.next();
    for (let i = 0; i < 3; i++) {
      for (let n = 0; n < 500; n++) ask();
      await approvals.stop('next');
    }
    await early;
    await expect(watch.next()).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });
});
