import type { Out, Step } from '@sallyport/core';

/** A message that gets no answer and is not forwarded. */
export const NOTHING: readonly Out[] = [];

export function toTarget(...pieces: readonly Buffer[]): readonly Out[] {
  return pieces.map((data) => ({ to: 'target', data }));
}

export function toClient(data: Buffer): readonly Out[] {
  return [{ to: 'client', data }];
}

/** A step's pieces inside a step that waits. */
export async function* each(step: Step): AsyncGenerator<readonly Out[]> {
  if (Symbol.asyncIterator in step) yield* step;
  else if (step.length > 0) yield step;
}
