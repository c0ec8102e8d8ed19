import { type Column, GatewayError, type Glob, glob } from '@sallyport/core';

/** One part of a pattern: quoted as it stands, or letters, digits and globs without a dot. */
const PART = /^(?:"((?:[^"]|"")+)"|([^."]+))(?:\.|$)/;

/**
 * Compiles a column pattern: `column`, `table.column` or `schema.table.column`, where a part that
 * is left out means any. `*` and `?` stand for characters within a part. A part in double quotes is
 * the exact name; without quotes case does not count, so that no spelling of a name escapes.
 *
 * @throws GatewayError ERR_CONFIG when the pattern is no such name.
 */
export function compileColumn(pattern: string): (column: Column) => boolean {
  const parts = split(pattern).map(compilePart);
  const isColumn = parts.pop() ?? never;
  const isTable = parts.pop() ?? always;
  const isSchema = parts.pop() ?? always;
  return ({ relation, name }) => {
    if (!isColumn(name)) return false;
    const dots = [...relation.matchAll(/\./g)].map((match) => match.index);
    // Without a schema, or with a dot inside a name, every reading that could be meant counts.
    if (dots.length !== 1 && isTable(relation)) return true;
    return dots.some((dot) => isSchema(relation.slice(0, dot)) && isTable(relation.slice(dot + 1)));
  };
}

const always: Glob = () => true;
const never: Glob = () => false;

function compilePart({ quoted, text }: Part): Glob {
  if (quoted) return (name) => name === text;
  const matches = glob(text.toLowerCase());
  return (name) => matches(name.toLowerCase());
}

interface Part {
  readonly quoted: boolean;
  readonly text: string;
}

function split(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (let rest = pattern; parts.length === 0 || rest !== ''; ) {
    const found = PART.exec(rest);
    if (found === null || parts.length === 3 || (found[0].endsWith('.') && found[0].length === rest.length)) {
      throw new GatewayError('ERR_CONFIG', `"${pattern}" is no column pattern: write schema.table.column, table.column or *.column.`);
    }
    const [whole, quoted, plain = ''] = found;
    parts.push(quoted === undefined ? { quoted: false, text: plain } : { quoted: true, text: quoted.replaceAll('""', '"') });
    rest = rest.slice(whole.length);
  }
  return parts;
}
