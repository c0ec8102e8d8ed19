import { closeClassifier, redact, type Scene, scene } from '../../test/playbook-kit.ts';
import { encodeCommandComplete, encodeQuery, encodeReadyForQuery } from '../codec/query.ts';

afterAll(() => closeClassifier());

const idle = encodeReadyForQuery('I');
const TABLES = { 'public.t': ['a'], 'public.u': ['a'] };

/** Each text is run to its end; what was asked about the last one. */
async function asked(made: Scene, ...texts: readonly string[]): Promise<Scene['gate']['commands'][number]> {
  await made.warm(...texts);
  for (const text of texts) {
    await made.play.client(encodeQuery(text));
    await made.play.target(encodeCommandComplete('DONE'), idle);
  }
  const last = made.gate.commands.at(-1);
  if (last === undefined) throw new Error('nothing was asked');
  return last;
}

describe('EXECUTE', () => {
  const run = (definition: string) => asked(scene({}, TABLES), `PREPARE up AS ${definition}`, 'EXECUTE up');

  test('an approval of it binds what the name stands for', async () => {
    const [first, again, other] = [await run('UPDATE t SET a = 1'), await run('UPDATE t SET a = 1'), await run('UPDATE t SET a = 2')];
    expect(first.text).toBe('EXECUTE up -- runs: UPDATE t SET a = 1');
    expect(again.digest).toBe(first.digest);
    expect(other.digest).not.toBe(first.digest);
  });

  test('so does one of its shape', async () => {
    expect((await run('UPDATE t SET a = 1')).shape).not.toBe((await run('UPDATE u SET a = 1')).shape);
  });

  test('its definition is blanked where the command is sealed', async () => {
    const made = scene({ masks: { 'public.t.a': redact } }, TABLES);
    const { text } = await asked(made, "PREPARE up AS UPDATE t SET a = '4111'", 'EXECUTE up');
    expect(text).toContain(' -- runs: ');
    expect(text).not.toContain('4111');
  });
});

test('FETCH binds its cursor’s query', async () => {
  const run = (query: string) => asked(scene({}, TABLES), `DECLARE c CURSOR WITH HOLD FOR ${query}`, 'FETCH c');
  const first = await run('SELECT a FROM t');
  expect(first.text).toBe('FETCH c -- runs: DECLARE c CURSOR WITH HOLD FOR SELECT a FROM t');
  expect((await run('SELECT a FROM u')).digest).not.toBe(first.digest);
});

describe('a grant for a shape', () => {
  const shape = async (text: string) => (await asked(scene({}, TABLES), text)).shape;

  test('covers other values', async () => {
    expect(await shape('UPDATE t SET a = 1 WHERE a = 2')).toBe(await shape('UPDATE t SET a = 3 WHERE a = 4'));
  });

  test.each([
    ["DO 'BEGIN NULL; END'", "DO 'BEGIN DELETE FROM t; END'"],
    ["CALL p('a')", "CALL p('b')"],
    ["EXECUTE nothing('a')", "EXECUTE nothing('b')"],
    ["SELECT set_config('x.y', 'a', false)", "SELECT set_config('search_path', 'a', false)"],
    ["SELECT pg_read_file('a')", "SELECT pg_read_file('b')"],
  ])('covers no other code: %s', async (one, other) => {
    expect(await shape(one)).not.toBe(await shape(other));
  });
});

describe('code', () => {
  const CODE = "DO 'BEGIN DELETE FROM t; END'";

  test('is shown to approvers', async () => {
    expect((await asked(scene({}, TABLES), CODE)).text).toBe(CODE);
  });

  test('is blanked, with its length, for whom something is masked', async () => {
    const { text } = await asked(scene({ masks: { 'public.t.a': redact } }, TABLES), CODE);
    expect(text).toBe(`DO '?' -- sealed: ${CODE.length} bytes`);
  });
});

test('a connection string in a text that nobody understands is not recorded', async () => {
  const { text } = await asked(scene({}, TABLES), "DO 'BEGIN PERFORM dblink_connect($$host=x password=hunter2$$); END'");
  expect(text).not.toContain('hunter2');
});
