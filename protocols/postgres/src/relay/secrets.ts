/** How names tell of a password, a key or a connection to somewhere else. */
const NAME = /dblink|passw|passphrase|secret|credential|token|(?:api|access|private)_?key/i;

/** A connection string: `password=…`, or a URL with a password in it. Bounded or disjoint parts: no text makes it walk back. */
const CONNECTION = /passw\w{0,20}\s{0,20}=|:\/\/[^\s/@:]*:[^\s/@]*@/i;

/** Authentication secrets may be in the text: its literals are not recorded as they are. */
export function tellsOfSecrets(text: string): boolean {
  return NAME.test(text) || (text.includes('://') && CONNECTION.test(text));
}

/** A column, parameter or option of this name may hold a secret. */
export function isSecretName(name: string): boolean {
  return NAME.test(name);
}

/** A value that is a connection string with a password, whatever it stands beside. */
export function isConnection(value: string): boolean {
  return CONNECTION.test(value);
}
