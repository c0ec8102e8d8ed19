/**
 * Requests that parsers read differently: RFC 9112 section 11.2, and what was published on request smuggling since. Each is
 * to be refused, or to reach the target as one request that cannot be read in two ways.
 */
export interface SmugglingCase {
  readonly name: string;
  /** Everything that the client sends, as latin1. */
  readonly bytes: string;
  /** There is no doubt about where it ends, so that its connection may be used again. */
  readonly framed?: true;
  /** A body that would go on: the client leaves. */
  readonly unfinished?: true;
  /** The connection ends with it. */
  readonly closes?: boolean;
  /** What the target gets; undefined: nothing. */
  readonly meant?: { readonly method: string; readonly target: string; readonly body: string };
}

/** Hidden where a body may end earlier for one parser than for another. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const SIGNED_IN = 'Host: shop.example\r\nAuthorization: Bearer sp_right\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const HELLO = '5\r\nhello\r\n0\r\n\r\n';

const hex = (text: string): string => text.length.toString(16);

/** A request whose head has these lines besides the usual ones. */
function post(name: string, lines: string, body: string, meant?: string): SmugglingCase {
  const bytes = `POST /meant HTTP/1.1\r\n${SIGNED_IN}${lines}\r\n${body}`;
  return { name, bytes, ...(meant !== undefined && { meant: { method: 'POST', target: '/meant', body: meant } }) };
}

function closing(one: SmugglingCase): SmugglingCase {
  return { ...one, closes: true };
}

function framed(one: SmugglingCase): SmugglingCase {
  return { ...one, framed: true };
}

function whole(name: string, bytes: string, meant?: SmugglingCase['meant']): SmugglingCase {
  return { name, bytes, ...(meant !== undefined && { meant }) };
}

const get = (target: string): SmugglingCase['meant'] => ({ method: 'GET', target, body: '' });
const clTe = `0\r\n\r\n${SMUGGLED}`;

const LENGTHS: readonly SmugglingCase[] = [
  post('a plain body', 'Content-Length: 5\r\n', 'hello', 'hello'),
  post('a plain chunked body', CHUNKED, HELLO, 'hello'),
  post('Content-Length before Transfer-Encoding', `Content-Length: ${clTe.length}\r\n${CHUNKED}`, clTe),
  post('Transfer-Encoding before Content-Length', `${CHUNKED}Content-Length: ${clTe.length}\r\n`, clTe),
  post('Content-Length: 0 and Transfer-Encoding', `Content-Length: 0\r\n${CHUNKED}`, clTe),
  post('two lengths', `Content-Length: 5\r\nContent-Length: 6\r\n`, 'hello'),
  post('the same length twice', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
  post('the same length twice, in one line', 'Content-Length: 5, 5\r\n', 'hello'),
  post('two lengths in one line', 'Content-Length: 5,6\r\n', 'hello'),
  ...[
    '+5',
    '-5',
    '0x5',
    '5.0',
    '5e0',
    '5 5',
    '5;',
    '"5"',
    '５',
    'five',
    '',
    '05 x',
    '5\x0b',
    '5\x0c',
    '\x0b5',
    '5\x00',
    '5\xa0',
    '1_0',
    '5,',
    '000000000000000005',
  ].map((length) => post(`the length ${JSON.stringify(length)}`, `Content-Length: ${length}\r\n`, 'hello')),
  ...['18446744073709551621', '9223372036854775813', '4294967301', `${'9'.repeat(400)}`].map((length) =>
    post(`the length ${length.slice(0, 24)}, which overflows`, `Content-Length: ${length}\r\n`, `hello${'.'.repeat(100)}`),
  ),
  ...['05', ' 5', '5 ', '\t5\t'].map((length) =>
    post(`the length ${JSON.stringify(length)}`, `Content-Length:${length}\r\n`, 'hello', 'hello'),
  ),
  post('Content_Length besides Content-Length', 'Content-Length: 5\r\nContent_Length: 0\r\n', 'hello', 'hello'),
  post('a blank before the colon of the length', 'Content-Length : 5\r\n', 'hello'),
  post('a tab before the colon of the length', 'Content-Length\t: 5\r\n', 'hello'),
  post('NUL in the name of the length', 'Content\0-Length: 5\r\n', 'hello'),
  post('CR alone before the length', 'X: y\rContent-Length: 5\r\n', 'hello'),
  post('LF alone before the length', 'X: y\nContent-Length: 5\r\n', 'hello'),
  post('a length in a folded line', `X: y\r\n Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED),
  post('a folded length', 'Content-Length:\r\n 5\r\n', 'hello'),
];

const CODINGS: readonly SmugglingCase[] = [
  ...[
    'identity',
    'chunked, identity',
    'identity, chunked',
    'chunked, chunked',
    'gzip, chunked',
    'chunked, gzip',
    'gzip',
    'xchunked',
    'chunkedx',
    'chunk',
    '"chunked"',
    "'chunked'",
    'chunked;q=1',
    'chunked; a=b',
    'x chunked',
    'chunked x',
    '\x0bchunked',
    'chunked\x0b',
    '\x0cchunked',
    '\x00chunked',
    'chunked\x00',
    '\xa0chunked',
    'chunked\xff',
    'chunked,',
    ',chunked',
    'cow, chunked',
    'cow',
    '',
    'trailers',
    '\tchunked\t',
    'c\u0068unked\x85',
  ].map((coding) => post(`the coding ${JSON.stringify(coding)}`, `Transfer-Encoding: ${coding}\r\n`, clTe)),
  ...['CHUNKED', 'Chunked', ' chunked', 'chunked '].map((coding) =>
    post(`the coding ${JSON.stringify(coding)}`, `Transfer-Encoding:${coding}\r\n`, HELLO, 'hello'),
  ),
  post('two lines of Transfer-Encoding', `${CHUNKED}${CHUNKED}`, HELLO),
  post('chunked, then identity', `${CHUNKED}Transfer-Encoding: identity\r\n`, clTe),
  post('identity, then chunked', `Transfer-Encoding: identity\r\n${CHUNKED}`, clTe),
  post('a blank before the colon', 'Transfer-Encoding : chunked\r\n', clTe),
  post('a tab before the colon', 'Transfer-Encoding\t: chunked\r\n', clTe),
  post('no colon', 'Transfer-Encoding chunked\r\n', clTe),
  post('a NUL before the colon', 'Transfer-Encoding\0: chunked\r\n', clTe),
  post('a blank before the name', ' Transfer-Encoding: chunked\r\n', clTe),
  post('a folded coding', 'Transfer-Encoding:\r\n chunked\r\n', clTe),
  post('a folded second coding', 'Transfer-Encoding: chunked\r\n , identity\r\n', clTe),
  post('a coding folded behind another field', 'X: y\r\n Transfer-Encoding: chunked\r\n', clTe),
  post('a coding behind a CR alone', 'X: y\rTransfer-Encoding: chunked\r\n', clTe),
  post('a coding behind a LF alone', 'X: y\nTransfer-Encoding: chunked\r\n', clTe),
  post('a coding before a LF alone', 'Transfer-Encoding: chunked\n', clTe),
  post('Transfer_Encoding is another field', 'Content-Length: 5\r\nTransfer_Encoding: chunked\r\n', 'hello', 'hello'),
  post('Transfer-Encoding named in Connection', `Connection: transfer-encoding\r\n${CHUNKED}`, HELLO, 'hello'),
  post('Content-Length named in Connection', 'Connection: content-length\r\nContent-Length: 5\r\n', 'hello', 'hello'),
  post('Host named in Connection', 'Connection: host\r\nContent-Length: 5\r\n', 'hello', 'hello'),
  whole('HTTP/1.0 with a coding', `POST /meant HTTP/1.0\r\n${SIGNED_IN}${CHUNKED}\r\n${clTe}`),
  whole(
    'HTTP/1.0 with a coding and a length',
    `POST /meant HTTP/1.0\r\n${SIGNED_IN}Connection: keep-alive\r\nContent-Length: 5\r\n${CHUNKED}\r\n${clTe}`,
  ),
];

const chunked = (name: string, body: string, meant?: string): SmugglingCase => post(name, CHUNKED, body, meant);

const CHUNKS: readonly SmugglingCase[] = [
  ...['+5', '-5', '0x5', '5 ', ' 5', '5\t', '\x0b5', '5\x00', '5_', '5g', 'g', '', '"5"', '5,', '５', '5\xa0'].map((size) =>
    chunked(`the chunk size ${JSON.stringify(size)}`, `${size}\r\nhello\r\n0\r\n\r\n`),
  ),
  ...['10000000000000005', '100000000000000000000000000000005', 'f'.repeat(100)].map((size) =>
    chunked(`the chunk size ${size.slice(0, 24)}, which overflows`, `${size}\r\nhello\r\n0\r\n\r\n`),
  ),
  ...['ffffffffffffffff', '8000000000000000', 'ffffffff'].map((size) => ({
    ...chunked(`the chunk size ${size}, of which little comes`, `${size}\r\nhello\r\n0\r\n\r\n`),
    unfinished: true as const,
  })),
  chunked('a chunk size with zeros in front', '0000000005\r\nhello\r\n0\r\n\r\n', 'hello'),
  chunked('chunk sizes of either case', `A\r\n${'x'.repeat(10)}\r\na\r\n${'y'.repeat(10)}\r\n00\r\n\r\n`, 'x'.repeat(10) + 'y'.repeat(10)),
  chunked('a chunk size that ends with LF', '5\nhello\r\n0\r\n\r\n'),
  chunked('a chunk size that ends with CR', '5\rhello\r\n0\r\n\r\n'),
  chunked('a chunk that ends with LF', '5\r\nhello\n0\r\n\r\n'),
  chunked('a chunk that ends with CR', '5\r\nhello\r0\r\n\r\n'),
  chunked('a chunk without an end', '5\r\nhello0\r\n\r\n'),
  chunked('a chunk that ends with something else', '5\r\nhelloXY0\r\n\r\n'),
  chunked('a longer chunk than its size', '5\r\nhello, world\r\n0\r\n\r\n'),
  chunked('a last chunk that ends with LF', '5\r\nhello\r\n0\n\r\n'),
  chunked('a last line that is LF', '5\r\nhello\r\n0\r\n\n'),
  chunked('a chunk extension', '5;a=b\r\nhello\r\n0\r\n\r\n', 'hello'),
  chunked('a quoted chunk extension', '5;a="b;c"\r\nhello\r\n0;d\r\n\r\n', 'hello'),
  chunked('LF in a chunk extension', `5;a\nhello\r\n0\r\n\r\n`),
  chunked('CR in a chunk extension', `5;a\rb\r\nhello\r\n0\r\n\r\n`),
  chunked('NUL in a chunk extension', `5;a\0\r\nhello\r\n0\r\n\r\n`),
  chunked('a request in a chunk extension', `5;\n${SMUGGLED}\r\nhello\r\n0\r\n\r\n`),
  chunked('a request behind a quoted LF', `5;a="\n${hex(SMUGGLED)}\r\n${SMUGGLED}\r\n0\r\n\r\n`),
  chunked('a blank before an extension', '5 ;a\r\nhello\r\n0\r\n\r\n'),
  chunked('endless chunk extensions', `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`),
  chunked('many chunk extensions', `${'1;aaaaaaaaaaaaaaaaaaaa\r\nx\r\n'.repeat(2_000)}0\r\n\r\n`, 'x'.repeat(2_000)),
  chunked('a trailer', '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n', 'hello'),
  chunked('a trailer Content-Length', `5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n`),
  chunked('a trailer Transfer-Encoding', `5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`),
  chunked('a trailer Authorization and Host', `5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\nHost: evil\r\n\r\n`, 'hello'),
  chunked('a trailer without a colon', `5\r\nhello\r\n0\r\n${SMUGGLED}`),
  chunked('a trailer with a LF alone', `5\r\nhello\r\n0\r\nX: y\nZ: z\r\n\r\n`),
  chunked('a folded trailer', `5\r\nhello\r\n0\r\nX: y\r\n GET /smuggled HTTP/1.1\r\n\r\n`),
  chunked('trailers without end', `5\r\nhello\r\n0\r\n${'X: y\r\n'.repeat(20_000)}\r\n`),
  chunked('a request behind the last chunk', `0\r\n\r\n`, ''),
];

const HEADS: readonly SmugglingCase[] = [
  whole('HTTP/0.9', 'GET /meant\r\n\r\n'),
  ...[
    'HTTP/1.10',
    'HTTP/1.2',
    'HTTP/2.0',
    'HTTP/0.9',
    'HTTP/1.',
    'HTTP/11',
    'HTTP/1.1 x',
    'http/1.1',
    'HTTP /1.1',
    'HTP/1.1',
    'ICE/1.0',
    '',
  ].map((version) => whole(`the version ${JSON.stringify(version)}`, `GET /meant ${version}\r\n${SIGNED_IN}\r\n`)),
  {
    ...whole('RTSP, which is passed as HTTP', `GET /meant RTSP/1.0\r\n${SIGNED_IN}\r\n`, get('/meant')),
    closes: true,
  },
  ...['\n', '\r', '\r\n\r\n'].map((before) =>
    whole(`${JSON.stringify(before)} in front`, `${before}GET /meant HTTP/1.1\r\n${SIGNED_IN}\r\n`, get('/meant')),
  ),
  whole('a blank line in front', `\r\nGET /meant HTTP/1.1\r\n${SIGNED_IN}\r\n`, get('/meant')),
  ...[' ', '\t', '\0', '\x0b', 'x'].map((before) =>
    whole(`${JSON.stringify(before)} in front`, `${before}GET /meant HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  ),
  ...['get', 'Get', 'G\0T', 'GET\t', 'G ET', 'GET:', 'GÉT', '', 'SMUGGLE', 'PRI'].map((method) =>
    whole(`the method ${JSON.stringify(method)}`, `${method} /meant HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  ),
  whole('two blanks behind the method', `GET  /meant HTTP/1.1\r\n${SIGNED_IN}\r\n`, get('/meant')),
  whole('two blanks before the version', `GET /meant  HTTP/1.1\r\n${SIGNED_IN}\r\n`, get('/meant')),
  whole('a tab for a blank', `GET\t/meant\tHTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('a blank in the path', `GET /meant now HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('a version within the path', `GET /meant HTTP/1.1 HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  framed(whole('a request within the path', `GET /meant%0d%0aHost:x HTTP/1.1\r\n${SIGNED_IN}\r\n`)),
  ...['\0', '\x01', '\x0b', '\x7f', '\xe9', '\r', '\n'].map((character) =>
    whole(`${JSON.stringify(character)} in the path`, `GET /meant${character}x HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  ),
  ...['\0', '\x01', '\x0b', '\x7f', '\xe9', '\r', '\n'].map((character) =>
    whole(`${JSON.stringify(character)} in the query`, `GET /meant?a=${character}x HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  ),
  framed(whole('a backslash in the path', `GET /meant\\x HTTP/1.1\r\n${SIGNED_IN}\r\n`)),
  framed(whole('a fragment', `GET /meant?a=#x HTTP/1.1\r\n${SIGNED_IN}\r\n`)),
  whole('a path without a slash', `GET meant HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('an authority for a path', `GET shop.example:443 HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('user information in front of the path', `GET @evil.example/ HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('a star for a path', `GET * HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('an absolute form of another host', `GET http://evil.example/meant HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('an absolute form of another scheme', `GET ftp://shop.example/meant HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('an authority for CONNECT', `CONNECT evil.example:443 HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('CONNECT with a body', `CONNECT evil.example:443 HTTP/1.1\r\n${SIGNED_IN}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`),
  whole('TRACE', `TRACE /meant HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('no Host', 'GET /meant HTTP/1.1\r\nAuthorization: Bearer sp_right\r\n\r\n'),
  whole('two Hosts', `GET /meant HTTP/1.1\r\n${SIGNED_IN}Host: evil.example\r\n\r\n`),
  whole('the same Host twice', `GET /meant HTTP/1.1\r\n${SIGNED_IN}Host: shop.example\r\n\r\n`),
  ...['', 'a b', 'a,b', 'a/b', 'a@b', 'a?b', 'a#b', 'a:b', 'a:1:2', 'a\\b', '[::1', 'a\0', 'evil.example\rx'].map((host) =>
    whole(`the Host ${JSON.stringify(host)}`, `GET /meant HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer sp_right\r\n\r\n`),
  ),
  whole('a line without a colon', `GET /meant HTTP/1.1\r\n${SIGNED_IN}nonsense\r\n\r\n`),
  whole('a line without a name', `GET /meant HTTP/1.1\r\n${SIGNED_IN}: value\r\n\r\n`),
  whole('a blank before the first header', `GET /meant HTTP/1.1\r\n X: y\r\n${SIGNED_IN}\r\n`),
  whole('a tab before the first header', `GET /meant HTTP/1.1\r\n\tX: y\r\n${SIGNED_IN}\r\n`),
  whole('a folded line', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: y\r\n z\r\n\r\n`),
  whole('a folded line with a tab', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: y\r\n\tz\r\n\r\n`),
  whole('a folded empty line', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: y\r\n \r\n\r\n`),
  ...[' ', '\t', '\0', '\x0b', '(', ')', '@', '[', '\\', '"', '\xe9', ',', ';', '=', '{'].map((character) =>
    whole(`${JSON.stringify(character)} in the name of a field`, `GET /meant HTTP/1.1\r\n${SIGNED_IN}X${character}Y: z\r\n\r\n`),
  ),
  ...['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1f', '\x7f', '\r', '\n', '\r\r'].map((character) =>
    whole(`${JSON.stringify(character)} in the value of a field`, `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: y${character}z\r\n\r\n`),
  ),
  whole('LF alone behind the request line', `GET /meant HTTP/1.1\n${SIGNED_IN}\r\n`),
  whole('LF alone behind a field', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: y\n\r\n`),
  whole('LF alone at the end of the head', `GET /meant HTTP/1.1\r\n${SIGNED_IN}\n`),
  whole('LF twice at the end of the head', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: y\n\n`),
  whole('CR CR LF behind a field', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: y\r\r\n\r\n`),
  whole('a head without end', `GET /meant HTTP/1.1\r\n${SIGNED_IN}${`X: ${'y'.repeat(100)}\r\n`.repeat(2_000)}\r\n`),
  whole('a name without end', `GET /meant HTTP/1.1\r\n${SIGNED_IN}${'X'.repeat(100_000)}: y\r\n\r\n`),
  whole('a path without end', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n${SIGNED_IN}\r\n`),
  whole('an empty value', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X:\r\n\r\n`, get('/meant')),
  whole('bytes above ASCII in a value', `GET /meant HTTP/1.1\r\n${SIGNED_IN}X: \xc3\xa9\r\n\r\n`, get('/meant')),
  whole('an absolute form of the same host', `GET http://shop.example/meant HTTP/1.1\r\n${SIGNED_IN}\r\n`, get('/meant')),
];

const REST: readonly SmugglingCase[] = [
  whole('a body of GET', `GET /meant HTTP/1.1\r\n${SIGNED_IN}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, {
    method: 'GET',
    target: '/meant',
    body: SMUGGLED,
  }),
  whole('a chunked body of GET', `GET /meant HTTP/1.1\r\n${SIGNED_IN}${CHUNKED}\r\n${hex(SMUGGLED)}\r\n${SMUGGLED}\r\n0\r\n\r\n`, {
    method: 'GET',
    target: '/meant',
    body: SMUGGLED,
  }),
  whole('a body of HEAD', `HEAD /meant HTTP/1.1\r\n${SIGNED_IN}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, {
    method: 'HEAD',
    target: '/meant',
    body: SMUGGLED,
  }),
  whole('a body of OPTIONS', `OPTIONS /meant HTTP/1.1\r\n${SIGNED_IN}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, {
    method: 'OPTIONS',
    target: '/meant',
    body: SMUGGLED,
  }),
  whole('a body of DELETE', `DELETE /meant HTTP/1.1\r\n${SIGNED_IN}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, {
    method: 'DELETE',
    target: '/meant',
    body: SMUGGLED,
  }),
  post('a request as a body', `Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED, SMUGGLED),
  post('no length', '', '', ''),
  post('a length of 0', 'Content-Length: 0\r\n', '', ''),
  post('Expect: 100-continue', 'Expect: 100-continue\r\nContent-Length: 5\r\n', 'hello', 'hello'),
  post('Expect: something else', 'Expect: 200-maybe\r\nContent-Length: 5\r\n', 'hello'),
  post('Expect twice', 'Expect: 100-continue\r\nExpect: x\r\nContent-Length: 5\r\n', 'hello'),
  post('Expect: 100-continue, x', 'Expect: 100-continue, x\r\nContent-Length: 5\r\n', 'hello'),
  post('Expect: y 100-continue', 'Expect: y 100-continue\r\nContent-Length: 5\r\n', 'hello'),
  closing(
    post(
      'an upgrade to h2c',
      `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 5\r\n`,
      'hello',
      'hello',
    ),
  ),
  closing(
    whole(
      'an upgrade of GET to h2c',
      `GET /meant HTTP/1.1\r\n${SIGNED_IN}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      get('/meant'),
    ),
  ),
  closing(
    whole(
      'an upgrade to something unheard of',
      `GET /meant HTTP/1.1\r\n${SIGNED_IN}Connection: Upgrade\r\nUpgrade: tunnel/9\r\n\r\n`,
      get('/meant'),
    ),
  ),
  closing(post('a POST that asks for a WebSocket', 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n', 'hello', 'hello')),
  whole(
    'a GET that asks for a WebSocket, with a body',
    `GET /meant HTTP/1.1\r\n${SIGNED_IN}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  ),
  whole(
    'Connection names a field',
    `GET /meant HTTP/1.1\r\n${SIGNED_IN}Connection: X-Internal, close-not\r\nX-Internal: 1\r\n\r\n`,
    get('/meant'),
  ),
  whole('Connection names the credential', `GET /meant HTTP/1.1\r\n${SIGNED_IN}Connection: authorization\r\n\r\n`, get('/meant')),
  whole(
    'Proxy-Connection and Keep-Alive',
    `GET /meant HTTP/1.1\r\n${SIGNED_IN}Proxy-Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n`,
    get('/meant'),
  ),
  closing(
    whole('a request behind one that closes', `GET /meant HTTP/1.1\r\n${SIGNED_IN}Connection: close\r\n\r\n${SMUGGLED}`, get('/meant')),
  ),
  closing(whole('a request behind HTTP/1.0', `GET /meant HTTP/1.0\r\n${SIGNED_IN}\r\n${SMUGGLED}`, get('/meant'))),
  whole('HTTP/1.0 that stays', `GET /meant HTTP/1.0\r\n${SIGNED_IN}Connection: keep-alive\r\n\r\n`, get('/meant')),
  whole('TE: chunked', `GET /meant HTTP/1.1\r\n${SIGNED_IN}TE: chunked, trailers\r\n\r\n`, get('/meant')),
];

/** Over HTTP/1.1. */
export const SMUGGLING: readonly SmugglingCase[] = [...LENGTHS, ...CODINGS, ...CHUNKS, ...HEADS, ...REST];
