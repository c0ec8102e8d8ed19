/** Where a credential comes from. Only a literal holds the value itself. */
export type Secret =
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'literal'; readonly value: string };

const REFERENCE = /^\$\{(env|file):([^{}]+)\}$/;

/**
 * `${env:NAME}`, `${file:PATH}`, or the value itself.
 *
 * @returns undefined when the text looks like a reference and is none: it must not pass as a value.
 */
export function parseSecret(text: string): Secret | undefined {
  const [, kind, what = ''] = REFERENCE.exec(text) ?? [];
  if (kind === 'env') return /^[A-Za-z_][A-Za-z0-9_]*$/.test(what) ? { from: 'env', name: what } : undefined;
  if (kind === 'file') return { from: 'file', path: what };
  return text.includes('${') ? undefined : { from: 'literal', value: text };
}
