/** @throws the signal's reason */
export function drained(stream: NodeJS.EventEmitter, left: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (left.aborted) return Promise.reject(left.reason as Error);
  const abort = (): void => reject(left.reason as Error);
  stream.once('drain', resolve);
  left.addEventListener('abort', abort, { once: true });
  return promise.finally(() => {
    stream.removeListener('drain', resolve);
    left.removeEventListener('abort', abort);
  });
}
