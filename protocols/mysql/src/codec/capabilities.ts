/**
 * What the two ends of a connection agree on.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html
 */
export const CAPABILITY = {
  LONG_PASSWORD: 1, // MariaDB's servers and clients clear it
  FOUND_ROWS: 1 << 1,
  LONG_FLAG: 1 << 2,
  CONNECT_WITH_DB: 1 << 3,
  ODBC: 1 << 6,
  LOCAL_FILES: 1 << 7,
  IGNORE_SPACE: 1 << 8,
  PROTOCOL_41: 1 << 9,
  INTERACTIVE: 1 << 10,
  SSL: 1 << 11,
  IGNORE_SIGPIPE: 1 << 12,
  TRANSACTIONS: 1 << 13,
  RESERVED: 1 << 14,
  SECURE_CONNECTION: 1 << 15,
  MULTI_STATEMENTS: 1 << 16,
  MULTI_RESULTS: 1 << 17,
  PS_MULTI_RESULTS: 1 << 18,
  PLUGIN_AUTH: 1 << 19,
  CONNECT_ATTRS: 1 << 20,
  PLUGIN_AUTH_LENENC: 1 << 21,
  SESSION_TRACK: 1 << 23,
  DEPRECATE_EOF: 1 << 24,
} as const;

const C = CAPABILITY;

/** What the session behaves by: the client's choice, repeated to the target, so that both legs read the same bytes. */
export const SHARED =
  C.LONG_PASSWORD |
  C.FOUND_ROWS |
  C.LONG_FLAG |
  C.ODBC |
  C.IGNORE_SPACE |
  C.INTERACTIVE |
  C.IGNORE_SIGPIPE |
  C.TRANSACTIONS |
  C.RESERVED |
  C.MULTI_STATEMENTS |
  C.MULTI_RESULTS |
  C.PS_MULTI_RESULTS |
  C.SESSION_TRACK |
  C.DEPRECATE_EOF;

/** What each leg settles for itself. */
const OWN = C.CONNECT_WITH_DB | C.PROTOCOL_41 | C.SECURE_CONNECTION | C.PLUGIN_AUTH | C.CONNECT_ATTRS | C.PLUGIN_AUTH_LENENC;

/**
 * What clients are offered before a target that can do `target`. Whatever would hide bytes or their meaning is missing:
 * compression, LOCAL INFILE, query attributes, optional and cached metadata, bulk execution, several factors.
 */
export function offered(target: number): number {
  return ((target & SHARED) | OWN | C.SSL) >>> 0;
}

/** What the login at the target asks for, for a client that chose `client`. */
export function towardsTarget(client: number, target: number, tls: boolean, database: boolean): number {
  const own = C.PROTOCOL_41 | C.SECURE_CONNECTION | (target & (C.PLUGIN_AUTH | C.PLUGIN_AUTH_LENENC | C.CONNECT_ATTRS));
  return ((client & SHARED) | own | (tls ? C.SSL : 0) | (database ? C.CONNECT_WITH_DB : 0)) >>> 0;
}
