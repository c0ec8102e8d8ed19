/**
 * Strings that a terminal acts on (ECMA-48, XTerm's ctlseqs). Every alternative is linear: none
 * can match the same text in two ways. Written as strings, so that no control stands in a pattern.
 */
const CONTROL_STRING = '(?:\\x1b[\\]PX^_]|[\\x90\\x98\\x9d-\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x9c|\\x1b\\\\?|$)'; // OSC DCS SOS PM APC
const SEQUENCE = '(?<csi>(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]?)';
const ESCAPE = '\\x1b[ -/]*[0-~]?';
const CONTROL = '[\\x00-\\x07\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]';
const CONTROLS = new RegExp([CONTROL_STRING, SEQUENCE, ESCAPE, CONTROL].join('|'), 'gu');

/** What follows ESC in colours and in moves of the cursor: SGR, CUU CUD CUF CUB CNL CPL CHA CUP HVP VPA. */
const HARMLESS = /^\[[0-9;:]*[mABCDEFGHfd]$/u;

/**
 * Recorded text that may go to a terminal: text, line ends, tabs, colours and cursor moves pass;
 * all else that a terminal would act on (titles, clipboard, device queries, C1) is left out.
 *
 * @param text whole, since a sequence that is cut in two is not recognised.
 */
export function terminalText(text: string): string {
  return text.replace(CONTROLS, (found, ...rest) => {
    const { csi } = rest.at(-1) as { csi?: string };
    return csi?.startsWith('\x1b') === true && HARMLESS.test(csi.slice(1)) ? found : '';
  });
}
