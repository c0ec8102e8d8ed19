import { ALPHANUMERICS, byteSet, code } from './byte-kind.ts';
import { byteAt, type Detector, NONE, standsBefore, wordBefore } from './detector.ts';
import { extendRun, tokenRun } from './token-run.ts';

const isCharacter = byteSet(`${ALPHANUMERICS}_.-`);
const isType = byteSet('pousr');
const SHORTEST = 36;
const FINE_GRAINED = 'github_pat';
const [G, H, DOT] = [code('g'), code('h'), code('.')];

/**
 * GitHub tokens: `ghp_`, `gho_`, `ghu_`, `ghs_`, `ghr_` or `github_pat_` and 36 characters or more
 * ({@link https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ GitHub's token formats}).
 * Longer than 4096 bytes: redacted as a whole.
 */
export const githubToken: Detector = {
  anchors: '_',
  likely: (bytes, at, end) =>
    at + SHORTEST < end && ((bytes[at - 2] === H && bytes[at - 3] === G && isType(bytes[at - 1])) || bytes[at - 1] === code('t')),
  match(text, at, span) {
    const short = isType(byteAt(text, at - 1)) && standsBefore(text, at - 1, 'gh');
    if (!short && !standsBefore(text, at, FINE_GRAINED)) return NONE;
    span.start = at - (short ? 3 : FINE_GRAINED.length);
    return wordBefore(text, span.start) ? NONE : tokenRun(text, at + 1, span, isCharacter, SHORTEST, DOT);
  },
  extend: extendRun(isCharacter),
};
