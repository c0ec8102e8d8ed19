import { byteAt, type Detector, endOfRun, HIT, LONGEST, MORE, NONE, OPEN, type Outcome, type Span, type Text } from './detector.ts';

/** The characters of a token behind its prefix. */
export type Characters = (byte: number | undefined) => boolean;

/**
 * A token from `span.start` whose run of characters begins at `at`: its outcome, and its end.
 *
 * @param shortest characters that the run has at least.
 * @param last what a run does not end with, such as the full stop of a sentence.
 */
export function tokenRun(text: Text, at: number, span: Span, within: Characters, shortest: number, last?: number): Outcome {
  let end = endOfRun(text, at, within);
  span.end = end;
  if (end - span.start > LONGEST) return OPEN;
  if (end === text.end && !text.final) return MORE;
  while (end > at && byteAt(text, end - 1) === last) end -= 1;
  span.end = end;
  return end - at >= shortest ? HIT : NONE;
}

/** {@link Detector.extend} for a token: to the end of its run. */
export function extendRun(within: Characters): NonNullable<Detector['extend']> {
  return (text, at) => {
    let end = at;
    while (end < text.end && within(text.bytes[end])) end += 1;
    return end === text.end && !text.final ? ~end : end;
  };
}
