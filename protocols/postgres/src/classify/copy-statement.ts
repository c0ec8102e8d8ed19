import type { CopyFormat, CopyStatement } from './analysis.ts';
import { isOn } from './statements.ts';
import { insideParentheses } from './text.ts';
import { child, children, flag, nameParts, type TreeNode, textOf } from './tree.ts';

/** What a COPY names. @param text the statement's own text. */
export function copyOf(node: TreeNode, text: string): CopyStatement {
  const relation = child(node, 'relation');
  const columns = nameParts(node, 'attlist');
  const query = relation === undefined ? insideParentheses(text) : undefined;
  const schema = relation && textOf(relation, 'schemaname');
  const format = formatOf(children(node, 'options'));
  return {
    direction: flag(node, 'is_from') ? 'in' : 'out',
    ...(relation && { relation: { name: textOf(relation, 'relname'), ...(schema && { schema }) } }),
    ...(columns.length > 0 && { columns }),
    ...(query !== undefined && { query }),
    ...((flag(node, 'is_program') || textOf(node, 'filename') !== '') && { elsewhere: true }),
    ...(format && { format }),
  };
}

/** Options that say nothing about how rows are written. */
const SILENT = new Set(['format', 'force_quote', 'freeze', 'force_not_null', 'force_null', 'on_error', 'log_verbosity', 'reject_limit']);

/** undefined: an option among them is not understood. https://www.postgresql.org/docs/current/sql-copy.html */
function formatOf(options: readonly TreeNode[]): CopyFormat | undefined {
  const given = new Map(options.map((option) => [textOf(option, 'defname'), option] as const));
  const word = (name: string, otherwise: string): string => {
    const option = given.get(name);
    if (option === undefined) return otherwise;
    const value = child(option, 'arg');
    return value?.tag === 'String' ? textOf(value, 'sval') : UNREADABLE;
  };
  const kind = word('format', 'text').toLowerCase();
  if (kind !== 'text' && kind !== 'csv' && kind !== 'binary') return undefined;
  const header = given.get('header');
  const quote = word('quote', '"');
  const format: CopyFormat = {
    kind,
    header: header !== undefined && isOn(header),
    delimiter: word('delimiter', kind === 'csv' ? ',' : '\t'),
    null: word('null', kind === 'csv' ? '' : '\\N'),
    quote,
    escape: word('escape', quote),
  };
  const known = (name: string): boolean => SILENT.has(name) || name === 'encoding' || name in format;
  if (![...given.keys()].every(known) || !/^(utf-?8|unicode)$/i.test(word('encoding', 'UTF8'))) return undefined;
  return format.null !== UNREADABLE && [format.delimiter, format.quote, format.escape].every(isOneByte) ? format : undefined;
}

/** No option's text: none may contain a zero byte. */
const UNREADABLE = '\0\0';

const isOneByte = (text: string): boolean => text.length === 1 && text.charCodeAt(0) < 0x80;
