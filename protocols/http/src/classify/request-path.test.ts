import fc from 'fast-check';
import { type RequestPath, readPath } from './request-path.ts';

const sent = (raw: string) => (readPath(raw) as RequestPath).path;
const readings = (raw: string) => (readPath(raw) as RequestPath).readings;
const refused = (raw: string) => 'refused' in readPath(raw);

test.each([
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/..', '/'],
  ['/a/b/..', '/a/'],
  ['/a/b/.', '/a/b/'],
  ['/../../a', '/a'],
  ['/a/%2e%2E/b', '/b'],
  ['/a/.%2e/b', '/b'],
  ['/a//b///c', '/a/b/c'],
  ['//evil.example/x', '/evil.example/x'],
  ['/a//../b', '/b'],
  ['/%61%62%2d%7e', '/ab-~'],
  ['/a%2fb', '/a%2Fb'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/.well-known/x', '/.well-known/x'],
  ['/compare/main...dev', '/compare/main...dev'],
  ['/a{b}|"c"', '/a%7Bb%7D%7C%22c%22'],
  ['/a[0]', '/a[0]'],
  ['/@scope%2fname', '/@scope%2Fname'],
])('%s is sent as %s', (raw, path) => expect(sent(raw)).toBe(path));

test.each([
  ['/a/b', ['/a/b']],
  ['/my%20file', ['/my file']],
  ['/caf%C3%A9', ['/café']],
  ['/a%2Fb', ['/a%2Fb', '/a/b']],
  ['/a%252Fb', ['/a%252Fb', '/a%2Fb', '/a/b']],
  ['/a%5Cb', ['/a%5Cb', '/a\\b', '/a/b']],
  ['/admin;x=1/users;y', ['/admin;x=1/users;y', '/admin/users']],
  ['/a%3Bb/c', ['/a%3Bb/c', '/a;b/c', '/a/c']],
  ['/admin%3Fx', ['/admin%3Fx', '/admin?x', '/admin']],
  ['/;x', ['/;x', '/']],
  ['/%EF%BC%8Fa', ['/／a', '//a', '/a']],
  ['/100%25', ['/100%25', '/100%']],
])('%s reads as %j', (raw, texts) => expect(readings(raw)).toEqual(texts));

test('what is too long is refused', () => expect(readPath(`/${'a'.repeat(9_000)}`)).toMatchObject({ status: 414 }));

test.each([
  ['a', 'begins with no slash'],
  ['', 'is empty'],
  ['*', 'is no path'],
  ['/a b', 'a space'],
  ['/a\tb', 'a tab'],
  ['/a\r\nX: y', 'a line'],
  ['/a\0', 'NUL'],
  ['/caf\xe9', 'a raw byte above ASCII'],
  ['/a\\..\\b', 'a backslash'],
  ['/a#b', 'a fragment'],
  ['/a?b', 'a query'],
  ['/a%', 'a lone %'],
  ['/a%2', 'half an escape'],
  ['/a%zz', 'no escape'],
  ['/a%u002e', "IIS's escape"],
  ['/a%00', 'an escaped NUL'],
  ['/a%0d%0aX', 'escaped lines'],
  ['/a%7f', 'an escaped DEL'],
  ['/a%C2%85b', 'an escaped C1 control'],
  ['/a%2500', 'a twice escaped NUL'],
  ['/a%ff', 'an escape that is no UTF-8'],
  ['/a/%c0%ae%c0%ae/b', 'an overlong dot'],
  ['/a%c0%afb', 'an overlong slash'],
  ['/public/..%2fadmin', 'an escaped slash behind dots'],
  ['/public%2f..%2fadmin', 'escaped slashes around dots'],
  ['/public/%252e%252e/admin', 'dots escaped twice'],
  ['/public/%25252e%25252e/admin', 'dots escaped thrice'],
  ['/public/%2525252525252e', 'an escape beyond that'],
  ['/public/..;/admin', "Tomcat's parameters behind dots"],
  ['/public/..;x=1/admin', "Tomcat's parameters behind dots"],
  ['/public/..%3b/admin', 'escaped parameters behind dots'],
  ['/public/..%5cadmin', 'an escaped backslash behind dots'],
  ['/public/..%255cadmin', 'a twice escaped one'],
  ['/public/%EF%BC%8E%EF%BC%8E/admin', 'wide dots'],
  ['/public/%2e%2e%20/admin', 'dots and a blank'],
  ['/public/..%3F/admin', 'dots before an escaped question mark'],
  ['/a/.../b', 'three dots'],
])('%j is refused: %s', (raw) => expect(refused(raw)).toBe(true));

const piece = fc.constantFrom(
  ...['/', '//', '.', '..', '%2e', '%2E', '%252e', '%25252e', '%2f', '%2F', '%252F', '%5c', '%255C', ';', '%3B', '..;', '?', '%3f', '%23'],
  ...['a', 'admin', '%61', '%41', '%20', '%09', '%c3%a9', '%ef%bc%8e', '%ef%bc%8f', '%e2%80%a6', '%', '%zz', '{', '"', '\\', '...', '~'],
);
const paths = fc.oneof(
  fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join('')}`),
  fc.string({ maxLength: 30 }).map((text) => `/${text}`),
);
const law = (check: (path: RequestPath, raw: string) => void) =>
  fc.assert(
    fc.property(paths, (raw) => {
      const read = readPath(raw);
      if ('refused' in read) expect(read.refused).toMatch(/\.$/);
      else check(read, raw);
    }),
    { numRuns: 5_000 },
  );

test('what was read is read the same again', () => {
  law((read) => expect(readPath(read.path)).toEqual(read));
});

/** As servers do it, in one order or another; what throws answers 400. */
const decoders: readonly ((path: string) => string)[] = [
  (path) => path,
  decodeURIComponent,
  (path) => decodeURIComponent(decodeURIComponent(path)),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => decodeURIComponent(path).replace(/;[^/]*/g, ''),
  (path) => decodeURIComponent(path.replace(/;[^/]*/g, '')),
  (path) => decodeURIComponent(decodeURIComponent(path).replace(/[?#].*$/, '')),
  (path) => decodeURIComponent(decodeURIComponent(path).replaceAll('\\', '/')).replace(/\/+/g, '/'),
];

function decodings(path: string): readonly string[] {
  return decoders.flatMap((decode) => {
    try {
      return [decode(path)];
    } catch {
      return [];
    }
  });
}

test('whatever decodes it, no segment climbs', () => {
  law(({ path }) => {
    for (const text of decodings(path)) expect(text.replaceAll('\\', '/').split('/')).not.toContain('..');
  });
});

test('whatever decodes it, rules have seen what comes out', () => {
  // Readings show decoded what means the same either way.
  const shown = (text: string) => text.replace(/(?:%(?!25|2F|3B|3F|23|5C)[0-9A-Fa-f]{2})+/g, decodeURIComponent) || '/';
  law(({ path, readings }) => {
    for (const text of decodings(path)) expect(readings).toContain(shown(text));
  });
});

test('the URL standard takes what is sent for what was judged', () => {
  law(({ path }) => expect(new URL(`http://host${path}`).pathname).toBe(path));
});
