import { ALPHANUMERICS, byteSet, code } from './byte-kind.ts';
import { cut, type Detector, HIT, NONE, type Outcome, type Span, stands, standsBefore, type Text, wordBefore } from './detector.ts';
import { isDigit } from './number-groups.ts';
import { extendRun, tokenRun } from './token-run.ts';

const isCharacter = byteSet(`${ALPHANUMERICS}-`);
const isPath = byteSet(`${ALPHANUMERICS}-/`);
const PREFIXES = ['xoxb', 'xoxp', 'xoxa', 'xoxr', 'xoxs', 'xoxe', 'xoxo', 'xoxc', 'xoxd', 'xapp'];
const SHORTEST = 20;
const HYPHEN = code('-');
const HOOKS = ['://hooks.slack.com/services/', '://hooks.slack.com/workflows/', '://hooks.slack.com/triggers/'];
const SHORTEST_HOOK = 30;

/**
 * Slack tokens: `xoxb-` and its like, and 20 characters or more with a digit among them; and what
 * stands behind `hooks.slack.com/services/`
 * ({@link https://docs.slack.dev/authentication/tokens Slack's token types}).
 * Longer than 4096 bytes: redacted as a whole.
 */
export const slackToken: Detector = {
  anchors: '-:',
  likely(bytes, at, end) {
    if (at + SHORTEST >= end) return false;
    return bytes[at] === HYPHEN ? bytes[at - 4] === code('x') : bytes[at + 3] === code('h') && bytes[at + 4] === code('o');
  },
  match: (text, at, span) => (text.bytes[at] === HYPHEN ? token(text, at, span) : hook(text, at, span)),
  extend: extendRun(isPath),
};

function token(text: Text, at: number, span: Span): Outcome {
  if (!PREFIXES.some((prefix) => standsBefore(text, at, prefix))) return NONE;
  span.start = at - 4;
  if (wordBefore(text, span.start)) return NONE;
  const outcome = tokenRun(text, at + 1, span, isCharacter, SHORTEST);
  return outcome === HIT && !text.bytes.subarray(at, span.end).some(isDigit) ? NONE : outcome;
}

function hook(text: Text, at: number, span: Span): Outcome {
  for (const words of HOOKS) {
    const found = stands(text, at, words);
    if (found === undefined) return cut(text);
    if (!found) continue;
    span.start = at + words.length;
    return tokenRun(text, span.start, span, isPath, SHORTEST_HOOK);
  }
  return NONE;
}
