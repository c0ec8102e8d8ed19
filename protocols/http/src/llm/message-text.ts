import { at, type Json, textAt } from './json-value.ts';

/** Members of a part that hold its text, in the words of the three APIs. */
const TEXTS = ['text', 'refusal', 'thinking', 'input_text'] as const;

/** The text of a message's content: a text, or a list of parts, of which those that are no text stand as `[image_url]`. */
export function partsText(content: Json): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map(partText)
    .filter((text) => text !== '')
    .join('\n');
}

function partText(part: Json): string {
  if (typeof part === 'string') return part;
  for (const name of TEXTS) {
    const text = textAt(part, name);
    if (text !== undefined) return text;
  }
  const type = textAt(part, 'type');
  if (type === 'tool_result') return partsText(at(part, 'content'));
  return type === undefined || type === 'tool_use' ? '' : `[${type}]`;
}
