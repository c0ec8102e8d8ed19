/** How names and texts tell of a password, a key or a connection to somewhere else. */
const SECRET_NAME = /dblink|passw|passphrase|secret|credential|token|(?:api|access|private)_?key/i;

/** A connection string: `password=…`, or a URL with a password in it. */
const CONNECTION = /passw\w*\s*=|:\/\/[^\s/@]*:[^\s/@]*@/i;

/** Authentication secrets may be in the text: its literals are not recorded as they are. */
export function tellsOfSecrets(text: string): boolean {
  return SECRET_NAME.test(text) || CONNECTION.test(text);
}

/** A column, parameter or option of this name may hold a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** A value that is a connection string with a password, whatever it stands beside. */
export function isConnection(value: string): boolean {
  return CONNECTION.test(value);
}
