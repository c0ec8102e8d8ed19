/** What one side can do, by name; the value is empty where there is none. */
export type Capabilities = ReadonlyMap<string, string>;

/**
 * Reads the list behind the NUL of the first line: names separated by spaces, some with `=value`.
 *
 * @returns undefined where two readers could read it differently: a name twice, other white space.
 * @see https://git-scm.com/docs/gitprotocol-capabilities
 */
export function parseCapabilities(list: string): Capabilities | undefined {
  if (/[^\x20-\x7e]/.test(list)) return undefined;
  const capabilities = new Map<string, string>();
  for (const word of list.split(' ')) {
    if (word === '') continue;
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (capabilities.has(name)) return undefined;
    capabilities.set(name, equals < 0 ? '' : word.slice(equals + 1));
  }
  return capabilities;
}

/** What clients may use when they push: that which changes nothing the gateway would not understand. */
export const PUSH_CAPABILITIES: ReadonlySet<string> = new Set([
  'agent',
  'atomic',
  'delete-refs',
  'no-thin',
  'object-format',
  'ofs-delta',
  'push-cert',
  'push-options',
  'quiet',
  'report-status',
  'report-status-v2',
  'session-id',
  'side-band-64k',
]);
