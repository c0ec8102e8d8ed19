import type { TerminalToken } from '@sallyport/core';

/**
 * What a token does to a line of text on the screen:
 *
 * - `text`: writes, as do tabs;
 * - `still`: colours, titles, modes; the text goes on behind it;
 * - `end`: a line feed;
 * - `across`: moves, erases or repeats within the line;
 * - `away`: goes elsewhere on the screen, or changes it elsewhere.
 */
export type TokenEffect = 'text' | 'still' | 'end' | 'across' | 'away';

export const [BACKSPACE, TAB, LINE_FEED, CARRIAGE_RETURN] = [0x08, 0x09, 0x0a, 0x0d];
/** VT, FF, IND, NEL, RI. */
const CONTROLS_AWAY = new Set([0x0b, 0x0c, 0x84, 0x85, 0x8d]);
/** CUF CUB CHA HPA HPR ICH DCH ECH EL CHT CBT REP. */
const ACROSS = 'CDG`a@PXKIZb';
/** CUU CUD CNL CPL CUP HVP VPA VPR ED IL DL SU SD DECSTBM SCOSC SCORC. */
const AWAY = 'ABEFHfdeJLMSTrsu';
/** DECRC, IND, NEL, RI, RIS, DECALN's `#8`. */
const ESCAPES_AWAY = new Set(Array.from('8DEMc', (final) => final.charCodeAt(0)));
const ALTERNATE_SCREEN = /^\?(?:.*;)?(?:47|1047|1049)(?:;|$)/;

export function effectOf(token: TerminalToken): TokenEffect {
  switch (token.type) {
    case 'text':
      return 'text';
    case 'string':
      return 'still';
    case 'control':
      return effectOfControl(token.code);
    case 'escape':
      return ESCAPES_AWAY.has(token.code) ? 'away' : 'still';
    case 'csi':
      return effectOfSequence(token.parameters, token.final);
  }
}

function effectOfControl(code: number): TokenEffect {
  if (code === TAB) return 'text';
  if (code === LINE_FEED) return 'end';
  if (code === CARRIAGE_RETURN || code === BACKSPACE) return 'across';
  return CONTROLS_AWAY.has(code) ? 'away' : 'still';
}

function effectOfSequence(parameters: string, final: string): TokenEffect {
  if (final === 'h' || final === 'l') return ALTERNATE_SCREEN.test(parameters) ? 'away' : 'still';
  // `<=>` before parameters: settings of the keyboard and other reports.
  if (final === 'm' || final === '' || /^[<=>]/.test(parameters)) return 'still';
  if (ACROSS.includes(final)) return 'across';
  return AWAY.includes(final) ? 'away' : 'still';
}

/** Whether the screen of full-screen programs is shown from here on; undefined: the token does not say. */
export function alternateScreen(token: TerminalToken): boolean | undefined {
  if (token.type !== 'csi' || (token.final !== 'h' && token.final !== 'l')) return undefined;
  return ALTERNATE_SCREEN.test(token.parameters) ? token.final === 'h' : undefined;
}

/** EL from the cursor on: at the end of what is written it changes nothing that can be read. */
export function erasesRest(token: TerminalToken): boolean {
  return token.type === 'csi' && token.final === 'K' && (token.parameters === '' || token.parameters === '0');
}
