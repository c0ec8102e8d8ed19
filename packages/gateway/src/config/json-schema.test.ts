import { configSchema, type JsonSchema, keysAt } from './json-schema.ts';
import { configReference } from './reference.ts';
import { sampleProtocol } from './sample-protocol.ts';

const protocols = [sampleProtocol(), sampleProtocol('other', 3306)];
const schema = configSchema(protocols);

test('every key is described', () => {
  const silent: string[] = [];
  const walk = (value: JsonSchema, path: string): void => {
    for (const [key, below] of Object.entries(value.properties ?? {})) {
      if (below.description === undefined) silent.push(`${path}.${key}`);
      walk(below, `${path}.${key}`);
    }
    for (const below of [value.items, value.additionalProperties, ...(value.oneOf ?? []), ...(value.anyOf ?? [])])
      if (typeof below === 'object') walk(below, path);
  };
  walk(schema, '');
  expect(silent).toEqual([]);
});

test('keys at a path, values of a key that tells shapes apart', () => {
  expect(keysAt(schema, ['admin'])).toEqual(['listen']);
  expect(keysAt(schema, ['identity', 'users', 'alice'])).toEqual(['kind', 'groups', 'ssh_keys']);
  expect(keysAt(schema, ['rules', 3, 'approval'])).toContain('timeout');
  expect(keysAt(schema, ['targets', 'db'])).toEqual(expect.arrayContaining(['address', 'sign_in']));
  expect(keysAt(schema, ['targets', 'db', 'protocol'])).toEqual(['postgres', 'other']);
  expect(keysAt(schema, ['nowhere', 0])).toEqual([]);
});

test('the reference has a row for every key, with its default', () => {
  const text = configReference(protocols, { admin: 'admin: {}\n' });
  expect(text).toContain('## admin');
  expect(text).toContain('```yaml\nadmin: {}\n```');
  expect(text).toContain('| `NAME.credentials.password` | text |  | `${env:NAME}` or `${file:PATH}`. |');
  expect(text).toContain('| `match.kind` | list: `person`, `agent` |  | Whether a person or an agent asks. |');
  expect(text).toContain('| `approval.count` | number | `1` |');
  expect(text).not.toContain('unless.kind');
  expect(text.match(/`NAME.address`/g)).toHaveLength(1);
});
