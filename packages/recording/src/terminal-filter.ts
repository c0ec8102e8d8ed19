import { type TerminalToken, TerminalTokens } from '@sallyport/core';

/** What ECMA-48 sequences without a private mark may end with: moves, erasing, inserting, scrolling, colours. */
const FINALS = /^[@A-MPSTXZ`abdefmrsu]$/u;
const PLAIN_PARAMETERS = /^[0-9;:]*$/u;
/** A number as large would keep a terminal busy. */
const LARGE_NUMBER = /\d{5}/u;
/** IRM, and DECOM, DECAWM, DECTCEM, the alternate screen. */
const MODES = new Set(['4']);
const PRIVATE_MODES = new Set(['6', '7', '25', '47', '1047', '1048', '1049']);
const ALTERNATE_SCREENS = new Set(['47', '1047', '1049']);
/** ESC 7 8 D E M: the cursor saved and brought back, index, next line, reverse index. */
const ESCAPES = '78DEM';
/** RIS would also clear what stood in the terminal before. */
const CLEAR = '\u001b[0m\u001b[r\u001b[H\u001b[2J';
/** IND: a line feed that stays in its column, also where the system adds a carriage return to line feeds. */
const INDEX = '\u001bD';
const [BS, TAB, LF, VT, FF, CR, SO, SI] = [0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f];
/** The characters `_` to `~` of DEC's set for drawing lines. */
const LINES = ' ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·';

/**
 * Recorded terminal output that may be played in somebody's terminal: text, colours, moves, erasing,
 * scroll regions and the alternate screen pass. Titles, the clipboard, links, images, queries, keyboard,
 * mouse and window settings are left out, and line drawing becomes Unicode: nothing outlives {@link end}.
 */
export class TerminalFilter {
  readonly #tokens = new TerminalTokens();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #alternate = false;
  #afterReturn = false;
  /** Whether G0 and G1 draw lines, and which of them is in use. */
  readonly #draws = [false, false];
  #shifted = 0;

  push(bytes: Buffer): string {
    return this.#tokens
      .push(bytes)
      .map((token) => this.#pass(token))
      .join('');
  }

  /** Brings the terminal back to what it was. */
  end(): string {
    const left = this.#alternate ? '\u001b[?1049l' : '';
    return `${this.#decoder.decode()}${left}\u001b[0m\u001b[4l\u001b[?6l\u001b7\u001b[r\u001b8\u001b[?7h\u001b[?25h`;
  }

  #pass(token: TerminalToken): string {
    if (token.type === 'text') {
      this.#afterReturn = false;
      return this.#drawn(this.#decoder.decode(token.bytes, { stream: true }));
    }
    return this.#decoder.decode() + this.#act(token);
  }

  #act(token: TerminalToken): string {
    switch (token.type) {
      case 'control':
        return this.#control(token.code);
      case 'escape':
        return this.#escape(token.bytes);
      case 'csi':
        return this.#sequence(token.parameters, token.final);
      default:
        return '';
    }
  }

  #control(code: number): string {
    const afterReturn = this.#afterReturn;
    this.#afterReturn = code === CR || (afterReturn && code === LF);
    switch (code) {
      case CR:
      case BS:
      case TAB:
        return String.fromCharCode(code);
      case LF:
      case VT:
      case FF:
        return afterReturn ? '\n' : INDEX;
      case SO:
      case SI:
        this.#shifted = code === SO ? 1 : 0;
        return '';
    }
    const name = code >= 0x80 ? String.fromCharCode(code - 0x40) : '';
    return 'DEM'.includes(name) && name !== '' ? `\u001b${name}` : '';
  }

  #escape(bytes: Buffer): string {
    const name = bytes.toString('latin1', 1);
    if (name.length === 1) return name === 'c' ? this.#clear() : ESCAPES.includes(name) ? `\u001b${name}` : '';
    if (name.length === 2 && (name[0] === '(' || name[0] === ')')) this.#draws[name[0] === '(' ? 0 : 1] = name[1] === '0';
    return '';
  }

  #clear(): string {
    this.#draws.fill(false);
    this.#shifted = 0;
    return CLEAR;
  }

  #sequence(parameters: string, final: string): string {
    if (LARGE_NUMBER.test(parameters)) return '';
    if (final === 'h' || final === 'l') return this.#modes(parameters, final);
    if (FINALS.test(final) && PLAIN_PARAMETERS.test(parameters)) return `\u001b[${parameters}${final}`;
    // DECSED, DECSEL
    return (final === 'J' || final === 'K') && /^\?[0-9]?$/u.test(parameters) ? `\u001b[${parameters.slice(1)}${final}` : '';
  }

  #modes(parameters: string, final: 'h' | 'l'): string {
    const mark = parameters.startsWith('?') ? '?' : '';
    const known = mark === '' ? MODES : PRIVATE_MODES;
    const modes = parameters
      .slice(mark.length)
      .split(';')
      .filter((mode) => known.has(mode));
    if (modes.some((mode) => mark !== '' && ALTERNATE_SCREENS.has(mode))) this.#alternate = final === 'h';
    return modes.map((mode) => `\u001b[${mark}${mode}${final}`).join('');
  }

  #drawn(text: string): string {
    if (this.#draws[this.#shifted] !== true) return text;
    return text.replace(/[_-~]/gu, (character) => LINES[character.charCodeAt(0) - 0x5f] ?? character);
  }
}
