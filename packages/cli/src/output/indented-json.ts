/** Deeper levels stand as far right as this one. */
const DEEPEST = 24;

/**
 * JSON with a line for each member. Nothing in it is read or written anew, so numbers keep their digits and members that
 * stand there twice stay.
 *
 * @returns undefined for what is no JSON object or array.
 */
export function indentedJson(text: string): string | undefined {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return undefined;
  try {
    JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  return indented(trimmed);
}

/** A string, a structural character, or a number or word. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

function indented(json: string): string {
  const out: string[] = [];
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
  let before = '';
  for (const [token] of json.matchAll(TOKEN)) {
    const opens = before === '{' || before === '[';
    if (token === '}' || token === ']') {
      depth -= 1;
      out.push(opens ? token : `${line()}${token}`);
    } else {
      out.push(opens ? line() : '', token);
      if (token === '{' || token === '[') depth += 1;
      else if (token === ',') out.push(line());
      else if (token === ':') out.push(' ');
    }
    before = token;
  }
  return out.join('');
}
