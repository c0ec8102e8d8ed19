import type { Gate } from '@sallyport/core';
import type { ParserSettings } from '../classify/analysis.ts';
import { lex } from '../classify/lexer.ts';
import { Refusal } from '../classify/refusal.ts';
import { anyServer } from '../classify/version-comments.ts';

/** Whether a text carries a mask: anywhere in it, or, as stars are common, as the whole of a literal. */
export function carriesMaskIn(text: string, settings: ParserSettings, gate: Pick<Gate, 'isMask'>): boolean {
  if (gate.isMask(text)) return true;
  if (!text.includes('**')) return false;
  let found = false;
  try {
    lex(text, { settings, reading: anyServer }, (kind, start, end) => {
      found ||= kind === 'string' && gate.isMask(text.slice(start + 1, end - 1));
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error; // what cannot be cut is unknown, which stores nothing unasked
  }
  return found;
}
