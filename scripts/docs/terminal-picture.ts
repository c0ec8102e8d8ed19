import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';

/** A cell of the terminal, in SVG units. */
const CELL = { width: 8.4, height: 19 };
const PADDING = 16;
const BAR = 34;
const BACKGROUND = '#10151f';
const FOREGROUND = '#d7dde8';

/** The eight colours of SGR 30 to 37, and 90 to 97. */
const COLOURS = ['#5b6475', '#f0776c', '#7fce7f', '#e3c06b', '#74aaf5', '#cf95ea', '#66cbd3', '#d7dde8'] as const;

/** How text looks from here on. */
interface Look {
  readonly colour?: string;
  readonly bold?: boolean;
  readonly dim?: boolean;
}

interface Run {
  readonly look: Look;
  readonly text: string;
}

/**
 * A terminal's text, with the colours of its SGR sequences, as an SVG. Other sequences are left out.
 * https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
 */
export function terminalPicture(title: string, ansi: string): string {
  const lines = readLines(ansi);
  const columns = Math.max(60, ...lines.map((runs) => [...runs.map((run) => run.text).join('')].length));
  const width = Math.ceil(columns * CELL.width + 2 * PADDING);
  const height = BAR + lines.length * CELL.height + PADDING;
  const dots = ['#f0776c', '#e3c06b', '#7fce7f'].map((fill, at) => `<circle cx="${20 + at * 18}" cy="17" r="5.5" fill="${fill}"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${xmlText(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>
${dots.join('')}<text x="${width / 2}" y="21" text-anchor="middle" font-family="system-ui, sans-serif" font-size="12" fill="#8c96a8">${xmlText(title)}</text>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="${FOREGROUND}">
${lines.flatMap(drawLine).join('\n')}
</g>
</svg>
`;
}

/** One `text` for each run, with its length, so that columns stay columns in whatever font there is. */
function drawLine(runs: readonly Run[], row: number): string[] {
  let column = 0;
  return runs.flatMap(({ look, text: shown }) => {
    const x = PADDING + column * CELL.width;
    const length = [...shown].length;
    column += length;
    if (shown.trim() === '') return [];
    const style = [
      ...(look.colour === undefined ? [] : [`fill="${look.colour}"`]),
      ...(look.bold ? ['font-weight="bold"'] : []),
      ...(look.dim ? ['opacity="0.6"'] : []),
    ].join(' ');
    const at = `x="${x.toFixed(1)}" y="${BAR + row * CELL.height + 13}" textLength="${(length * CELL.width).toFixed(1)}"`;
    // On each text: browsers do not inherit it.
    return [`<text xml:space="preserve" ${at}${style === '' ? '' : ` ${style}`}>${xmlText(shown)}</text>`];
  });
}

const SGR = /(\u001b\[[\d;]*m)/;

/** Colours last beyond the end of a line. */
function readLines(ansi: string): readonly (readonly Run[])[] {
  let look: Look = {};
  return ansi
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => {
      const runs: Run[] = [];
      for (const part of line.split(SGR)) {
        if (SGR.test(part)) look = part.slice(2, -1).split(';').map(Number).reduce(change, look);
        else if (part !== '') runs.push({ look, text: stripVTControlCharacters(part) });
      }
      return runs;
    });
}

function change(look: Look, code: number): Look {
  if (code === 0) return {};
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 39) return { ...look, colour: FOREGROUND };
  const colour = COLOURS[(code >= 90 ? code - 90 : code - 30) % 60];
  return colour === undefined ? look : { ...look, colour };
}

function xmlText(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

if (import.meta.main) process.stdout.write(terminalPicture(process.argv[2] ?? 'terminal', await text(process.stdin)));
