import type { CountHit, TextRun } from '@sallyport/core';

/** A text from `start` on, run by run, with its hits replaced. */
export function rendered(bytes: Buffer, start: number, runs: readonly TextRun[], count: CountHit): Buffer[] {
  let at = start;
  return runs.map(({ length, hit }) => {
    at += length;
    if (hit?.goesOn === false) count(hit.rule, hit.hidden);
    return hit === undefined ? bytes.subarray(at - length, at) : hit.shown;
  });
}
