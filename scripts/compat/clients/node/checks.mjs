import assert from 'node:assert/strict';

/**
 * Runs the checks in order and prints one line for each: `ok NAME` or `failed NAME: why`. A check
 * that does not end within 30 s has failed, and so have those after it.
 */
export async function runChecks(checks) {
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    const late = Promise.withResolvers();
    const timer = setTimeout(() => late.reject(new Error('no end after 30 s')), 30_000);
    try {
      await Promise.race([check(), late.promise]);
      console.log(`ok ${name}`);
    } catch (error) {
      failed += 1;
      console.log(
        `failed ${name}: ${String(error?.message ?? error)
          .replaceAll(/\s+/g, ' ')
          .slice(0, 300)}`,
      );
    } finally {
      clearTimeout(timer);
    }
  }
  process.exit(failed === 0 ? 0 : 1);
}

/** Asserts that the promise is rejected with this SQLSTATE. */
export async function rejectsWith(code, promise) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  assert.ok(error, `expected SQLSTATE ${code}, got a result`);
  assert.equal(error.code, code, error.message);
}
