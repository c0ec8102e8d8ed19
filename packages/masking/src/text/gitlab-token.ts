import { ALPHANUMERICS, byteSet, code } from './byte-kind.ts';
import { type Detector, NONE, standsBefore, wordBefore } from './detector.ts';
import { extendRun, tokenRun } from './token-run.ts';

const isCharacter = byteSet(`${ALPHANUMERICS}_.-`);
const PREFIXES = 'glpat gloas gldt glrt glcbt glptt glft glimt glagent glwt glsoat glffct'.split(' ');
const SHORTEST = 20;
const DOT = code('.');

/**
 * GitLab tokens: `glpat-` and its like, and 20 characters or more
 * ({@link https://docs.gitlab.com/security/tokens/#token-prefixes GitLab's token prefixes}).
 * Longer than 4096 bytes: redacted as a whole.
 */
export const gitlabToken: Detector = {
  anchors: '-',
  likely: (bytes, at, end) => at + SHORTEST < end && (bytes[at - 1] === code('t') || bytes[at - 1] === code('s')),
  match(text, at, span) {
    const prefix = PREFIXES.find((one) => standsBefore(text, at, one));
    if (prefix === undefined) return NONE;
    span.start = at - prefix.length;
    return wordBefore(text, span.start) ? NONE : tokenRun(text, at + 1, span, isCharacter, SHORTEST, DOT);
  },
  extend: extendRun(isCharacter),
};
