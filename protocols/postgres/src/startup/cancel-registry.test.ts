import { CancelRegistry } from './cancel-registry.ts';

function session(
  busy: boolean,
  held = false,
): { busy(): boolean; cancelHold(): boolean; cancelTarget(): Promise<void>; cancelled: number } {
  return {
    cancelled: 0,
    busy: () => busy,
    cancelHold: () => held,
    cancelTarget() {
      this.cancelled += 1;
      return Promise.resolve();
    },
  };
}

describe('cancel keys', () => {
  test('have 4 bytes in protocol 3.0 and 32 since 3.2, and no two sessions share one', () => {
    const registry = new CancelRegistry();
    const keys = Array.from({ length: 200 }, () => registry.register(session(true), 0).key);
    expect(keys.every(({ processId, secretKey }) => processId > 0 && processId < 2 ** 31 && secretKey.length === 4)).toBe(true);
    expect(new Set(keys.map(({ processId }) => processId)).size).toBe(200);
    expect(registry.register(session(true), 2).key.secretKey).toHaveLength(32);
  });

  test('tell the target’s process id, unless another session has it already', () => {
    const registry = new CancelRegistry();
    const first = registry.register(session(true), 0, 4711);
    expect(first.key.processId).toBe(4711);
    expect(registry.register(session(true), 0, 4711).key.processId).not.toBe(4711);
    first.release();
    expect(registry.register(session(true), 0, 4711).key.processId).toBe(4711);
  });

  test('reach the target only while the session is busy and nothing is held', async () => {
    const registry = new CancelRegistry();
    for (const [one, times] of [
      [session(true), 1],
      [session(false), 0],
      [session(true, true), 0],
    ] as const) {
      await registry.cancel(registry.register(one, 0).key);
      expect(one.cancelled).toBe(times);
    }
  });

  test('do nothing when they are wrong, of another length, or released', async () => {
    const registry = new CancelRegistry();
    const one = session(true);
    const { key, release } = registry.register(one, 0);
    const { processId } = key;
    await registry.cancel({ processId, secretKey: Buffer.from(key.secretKey).map((byte) => byte ^ 1) as Buffer });
    await registry.cancel({ processId, secretKey: Buffer.concat([key.secretKey, key.secretKey]) });
    await registry.cancel({ processId: processId ^ 1, secretKey: key.secretKey });
    release();
    await registry.cancel(key);
    expect(one.cancelled).toBe(0);
  });
});
