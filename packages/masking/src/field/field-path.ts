import { GatewayError } from '@sallyport/core';

/** One step down from a place. */
export interface FieldStep {
  /** `..`: the step may also begin at any depth below the place. */
  readonly deep: boolean;
  /** A member's name, an element's index; undefined: every one. */
  readonly key: string | number | undefined;
}

/** `.name`, `.*`, `..name`, `..*`, or either with brackets behind: `[0]`, `[*]`, `['name']`, `["name"]`. */
const STEP = /(\.\.?)(?:(\*)|([\p{L}\p{N}_-]+))|(\.\.)?\[(?:(\*)|(0|[1-9]\d{0,8})|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/uy;
/** Every step more is one more thing to look for at each place. */
const MOST_STEPS = 64;

/**
 * Reads a place in JSON: `$` and steps down from there, a part of
 * {@link https://www.rfc-editor.org/rfc/rfc9535 JSONPath} without filters, slices and indices from the end.
 *
 * @throws GatewayError ERR_CONFIG when it is none.
 */
export function parseFieldPath(text: string): readonly FieldStep[] {
  const steps: FieldStep[] = [];
  if (!text.startsWith('$')) throw refusal(text);
  for (STEP.lastIndex = 1; STEP.lastIndex < text.length; ) {
    const found = STEP.exec(text);
    if (found === null || steps.length === MOST_STEPS) throw refusal(text);
    const [, dots, , name, deep, , index, single, double] = found;
    const quoted = single ?? double;
    steps.push({
      deep: dots === '..' || deep !== undefined,
      key: index === undefined ? (name ?? (quoted === undefined ? undefined : unescaped(quoted, text))) : Number(index),
    });
  }
  return steps;
}

/** {@link https://www.rfc-editor.org/rfc/rfc9535#section-2.3.1 RFC 9535}: JSON's escapes, and quotes of either kind. */
function unescaped(quoted: string, path: string): string {
  const json = quoted.replaceAll(/\\?["']|\\./g, (said) => (said.endsWith('"') ? '\\"' : said.endsWith("'") ? "'" : said));
  try {
    return JSON.parse(`"${json}"`) as string;
  } catch (cause) {
    throw refusal(path, cause);
  }
}

function refusal(text: string, cause?: unknown): GatewayError {
  const message = `"${text}" is no place in JSON: write $.users[*].email, $.users[0].email, $..email, $.* or $['odd name'].`;
  return new GatewayError('ERR_CONFIG', message, { cause });
}
