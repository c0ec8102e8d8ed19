/**
 * Requests of HTTP/2 that would be something else once they are written as HTTP/1.1: RFC 9113 section 8.2.1 and section 10.3. Each is
 * to be refused, or to reach the target as it is meant.
 */
export interface Http2Case {
  readonly name: string;
  readonly head: readonly (readonly [string, string])[];
  /** DATA frames; none: the head ends the stream. */
  readonly data?: readonly string[];
  readonly trailers?: readonly (readonly [string, string])[];
  /** What the target gets; undefined: nothing. */
  readonly meant?: { readonly method: string; readonly target: string; readonly body: string };
  /** It may have been passed before it turned out to be refused. */
  readonly perhaps?: true;
}

type Lines = Http2Case['head'];

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const SIGNED_IN: Lines = [['authorization', 'Bearer sp_right']];
const PSEUDO = { ':method': 'POST', ':scheme': 'http', ':authority': 'shop.example', ':path': '/meant' };

function head(change: Readonly<Record<string, string | undefined>>, ...more: Lines): Lines {
  const pseudo = Object.entries({ ...PSEUDO, ...change }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return [...pseudo, ...SIGNED_IN, ...more];
}

const meant = (body: string, method = 'POST') => ({ method, target: '/meant', body });
const post = (name: string, ...more: Lines): Http2Case => ({ name, head: head({}, ...more), data: ['hello'] });
/** The target gets the request without these. */
const dropped = (name: string, ...more: Lines): Http2Case => ({ ...post(name, ...more), meant: meant('hello') });
const pseudo = (name: string, change: Readonly<Record<string, string | undefined>>): Http2Case => ({ name, head: head(change) });

export const HTTP2_SMUGGLING: readonly Http2Case[] = [
  { ...post('a plain body'), meant: meant('hello') },
  { ...post('a plain body with its length', ['content-length', '5']), meant: meant('hello') },
  { ...post('a body in pieces', ['content-length', '10']), data: ['hel', '', 'lo', 'world'], meant: meant('helloworld') },
  { ...post('a request as a body'), data: [SMUGGLED], meant: meant(SMUGGLED) },
  { name: 'a plain GET', head: head({ ':method': 'GET' }), meant: meant('', 'GET') },
  { name: 'a body of GET', head: head({ ':method': 'GET' }), data: [SMUGGLED], meant: meant(SMUGGLED, 'GET') },
  { ...post('crumbs of a cookie', ['cookie', 'a=1'], ['cookie', 'b=2']), meant: meant('hello') },
  { ...post('te: trailers', ['te', 'trailers']), meant: meant('hello') },
  { ...post('a blank around a value', ['x', ' y ']), meant: meant('hello'), perhaps: true },
  { ...post('trailers'), trailers: [['x-sum', '1']], meant: meant('hello') },

  // What frames HTTP/1.1 has no place here.
  ...['chunked', 'Chunked', 'identity', 'chunked, identity', ''].map((coding) =>
    post(`transfer-encoding: ${coding}`, ['transfer-encoding', coding]),
  ),
  post('connection', ['connection', 'x-a']),
  post('keep-alive', ['keep-alive', 'timeout=5']),
  post('proxy-connection', ['proxy-connection', 'keep-alive']),
  post('upgrade', ['upgrade', 'websocket']),
  post('te: gzip', ['te', 'gzip']),
  {
    ...post('a body that is longer than its length', ['content-length', '5']),
    data: ['hello', SMUGGLED],
    meant: meant('hello'),
    perhaps: true,
  },
  { ...post('a body in one frame that is longer than its length', ['content-length', '5']), data: [`hello${SMUGGLED}`] },
  { ...post('a body that is shorter than its length', ['content-length', '50']) },
  { ...post('a length of 0 with a body', ['content-length', '0']), data: [SMUGGLED], meant: meant(''), perhaps: true },
  { name: 'a length and no body', head: head({}, ['content-length', '5']) },
  post('two lengths', ['content-length', '5'], ['content-length', '6']),
  post('the same length twice', ['content-length', '5'], ['content-length', '5']),
  ...['+5', '-5', '0x5', '5,5', '5 ', ' 5', '5.0', '', 'five', '18446744073709551621', '5\r\n'].map((length) =>
    post(`the length ${JSON.stringify(length)}`, ['content-length', length]),
  ),

  // Lines within lines: nghttp2 leaves such a field out of its request.
  ...['\r', '\n', '\r\n', '\0', '\r\n\r\n', `\r\n\r\n${SMUGGLED}`].map((sign) =>
    dropped(`${JSON.stringify(sign.slice(0, 8))} in a value`, ['x', `y${sign}z`]),
  ),
  ...['\r\nx: y', '\n', '\r', '\0'].map((sign) => dropped(`a value that ends with ${JSON.stringify(sign)}`, ['x', `y${sign}`])),
  ...['x y', 'x:y', 'x\r\ny', 'x\0y', 'x\ty', '', ' x', 'x ', 'transfer-encoding: chunked\r\nx', 'x\xe9', 'x(', 'x='].map((name) =>
    dropped(`the name ${JSON.stringify(name)}`, [name, 'y']),
  ),
  ...['content-length ', 'content-length:', 'transfer-encoding '].map((name) => dropped(`the name ${JSON.stringify(name)}`, [name, '5'])),
  ...['X', ':x', 'Content-Length', 'Transfer-Encoding'].map((name) => post(`the name ${JSON.stringify(name)}`, [name, '5'])),
  ...['\r\nx: y', '\n', '\0', ' x', '/', '@evil', '#', '?'].map((sign) =>
    pseudo(`${JSON.stringify(sign)} in :authority`, { ':authority': `shop.example${sign}` }),
  ),
  ...[' ', ' HTTP/1.1\r\nx: y', '\r\n', '\n', '\0', '\t', '#a', '\\', '\xe9', '\x7f'].map((sign) =>
    pseudo(`${JSON.stringify(sign)} in :path`, { ':path': `/meant${sign}` }),
  ),
  ...['', '*', 'meant', 'http://evil.example/meant', '@evil.example/', '//..%2f', 'shop.example:443', ' /meant'].map((path) =>
    pseudo(`the path ${JSON.stringify(path)}`, { ':path': path }),
  ),
  ...['', 'GET /smuggled HTTP/1.1\r\nx:', 'G ET', 'GET\r\n', 'GET\0', 'TRACE', 'G\xc9T', 'GET(', ' GET'].map((method) =>
    pseudo(`the method ${JSON.stringify(method)}`, { ':method': method }),
  ),
  ...['', 'http\r\nx: y', 'ht tp', 'http://evil/'].map((scheme) => ({
    ...pseudo(`the scheme ${JSON.stringify(scheme)}`, { ':scheme': scheme }),
    meant: meant(''),
    perhaps: true as const,
  })),

  // Pseudo fields.
  { name: 'two paths', head: [...head({}), [':path', '/smuggled']] },
  { name: 'two paths at the front', head: [[':path', '/smuggled'], ...head({})] },
  { name: 'two methods', head: [[':method', 'GET'], ...head({})] },
  { name: 'two authorities', head: [[':authority', 'evil.example'], ...head({})] },
  { name: 'two schemes', head: [[':scheme', 'https'], ...head({})] },
  { name: 'a pseudo field behind another one', head: [...SIGNED_IN, ...Object.entries(PSEUDO)] },
  pseudo('no path', { ':path': undefined }),
  pseudo('no method', { ':method': undefined }),
  pseudo('no scheme', { ':scheme': undefined }),
  pseudo('no authority', { ':authority': undefined }),
  { name: 'no authority but Host', head: head({ ':authority': undefined }, ['host', 'shop.example']), meant: meant('') },
  { name: 'an authority and another Host', head: head({}, ['host', 'evil.example']) },
  { name: 'an authority and two Hosts', head: head({}, ['host', 'shop.example'], ['host', 'shop.example']) },
  { name: 'an authority and the same Host', head: head({}, ['host', 'shop.example']), meant: meant('') },
  { name: 'an unknown pseudo field', head: [[':smuggled', '1'], ...head({})] },
  { name: ':status', head: [[':status', '200'], ...head({})] },
  { name: ':protocol', head: [[':protocol', 'websocket'], ...head({ ':method': 'CONNECT' })] },
  { name: 'CONNECT with a path', head: head({ ':method': 'CONNECT' }) },
  { name: 'CONNECT', head: head({ ':method': 'CONNECT', ':path': undefined, ':scheme': undefined }) },

  // Trailers. The body was passed on by then.
  ...(
    [
      ['X', 'y'],
      [':path', '/smuggled'],
      ['transfer-encoding', 'chunked'],
      ['connection', 'close'],
    ] as const
  ).map((line) => ({ ...post(`the trailer ${JSON.stringify(line)}`), trailers: [line] })),
  { ...post('a trailer with lines'), trailers: [['x', 'y\r\nz']], meant: meant('hello') },
  { ...post('a trailer content-length'), trailers: [['content-length', '50']], meant: meant('hello'), perhaps: true },
];
