import { valuesOf } from './request-query.ts';

const METHOD_FIELDS: ReadonlySet<string> = new Set([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'http-method-override',
]);
const METHOD_PARAMETERS = ['_method', '$httpmethod', 'x-http-method-override'];
const PATH_FIELDS: ReadonlySet<string> = new Set([
  ...['x-original-url', 'x-original-uri', 'x-rewrite-url', 'x-override-url', 'x-proxy-url', 'request-uri', 'x-request-uri'],
  ...['x-forwarded-path', 'x-forwarded-prefix', 'x-forwarded-uri', 'x-envoy-original-path', 'x-http-destinationurl', 'x-script-name'],
]);
const METHOD = /^[A-Z]{1,20}$/;

/**
 * A header by which some servers take another path than that of the request line: it must not be sent on.
 *
 * @param name in lower case; CGI and its heirs do not tell `_` from `-`.
 */
export function isPathOverride(name: string): boolean {
  return PATH_FIELDS.has(plain(name));
}

/** Methods that some servers take instead of the request line's. What is none is `?`. */
export function methodOverrides(headers: readonly (readonly [string, string])[], parameters: readonly string[]): readonly string[] {
  const asked: string[] = [];
  for (const [name, value] of headers) if (METHOD_FIELDS.has(plain(name))) asked.push(value);
  if (parameters.length > 0) for (const name of METHOD_PARAMETERS) asked.push(...valuesOf(parameters, name));
  return asked.map((value) => {
    const method = value.trim().toUpperCase();
    return METHOD.test(method) ? method : '?';
  });
}

/** How a field's name reads where `_` is `-`. */
export function plain(name: string): string {
  return name.includes('_') ? name.replaceAll('_', '-') : name;
}
