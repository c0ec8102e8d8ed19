import { at, type Json, textAt } from './json-value.ts';

/** Members of a part that hold its text, in the words of the three APIs. */
const TEXTS = ['text', 'refusal', 'thinking', 'input_text'] as const;
/** How deep a tool's result may lie in another one. */
const DEEPEST = 4;

/** The text of a message's content: a text, or a list of parts, of which those that are no text stand as `[image_url]`. */
export function partsText(content: Json, depth = 0): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content) || depth === DEEPEST) return '';
  return content
    .map((part) => partText(part, depth))
    .filter((text) => text !== '')
    .join('\n');
}

function partText(part: Json, depth: number): string {
  if (typeof part === 'string') return part;
  for (const name of TEXTS) {
    const text = textAt(part, name);
    if (text !== undefined) return text;
  }
  const type = textAt(part, 'type');
  if (type === 'tool_result') return partsText(at(part, 'content'), depth + 1);
  return type === undefined || type === 'tool_use' ? '' : `[${type}]`;
}
