/**
 * The chunks of a body, until nothing comes for too long.
 *
 * @param silent makes the error that it ends with then.
 */
export async function* unlessSilent(chunks: AsyncIterator<Buffer>, ms: number, silent: () => Error): AsyncGenerator<Buffer> {
  let fail: (error: Error) => void = () => undefined;
  // A promise for each chunk: whatever raced against one for all would keep every chunk until the end.
  const next = (): Promise<IteratorResult<Buffer>> =>
    new Promise((resolve, reject) => {
      fail = reject;
      chunks.next().then(resolve, reject);
    });
  const timer = setTimeout(() => fail(silent()), ms);
  let over = false;
  try {
    for (;;) {
      const result = await next();
      over = result.done === true;
      if (result.done === true) return;
      yield result.value;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
    if (!over) void chunks.return?.()?.catch(() => undefined);
  }
}
