/** The library, for scripts outside of this package, which alone depends on it. */
export type { Client, ClientChannel, ServerChannel, Session } from 'ssh2';
export { default as ssh2 } from 'ssh2';
