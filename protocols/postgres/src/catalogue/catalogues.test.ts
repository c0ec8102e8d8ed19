import type { FactStore, Target } from '@sallyport/core';
import { type PostgresServer, startPostgres } from '../../../../test-fixtures/servers/postgres.ts';
import { targetAt } from '../../test/test-target.ts';
import { type Classifier, createClassifier } from '../classify/classifier.ts';
import { type OwnConnection, openOwnConnection } from '../startup/own-connection.ts';
import type { Catalogue, Resolved } from './catalogue.ts';
import { type Catalogues, createCatalogues } from './catalogues.ts';

const SCHEMA = `
  CREATE TABLE customers (id int PRIMARY KEY, email text, card text);
  CREATE TABLE plain (id int, note text);
  CREATE SEQUENCE counter;
  CREATE VIEW contacts AS SELECT id AS contact, email AS mail, upper(card) AS shout FROM customers;
  CREATE VIEW contacts_again AS SELECT c.mail AS address, p.note, 1 AS one FROM contacts c JOIN plain p ON p.id = c.contact;
  CREATE MATERIALIZED VIEW frozen AS SELECT card FROM customers;
  CREATE VIEW both_of_them AS SELECT email FROM customers UNION SELECT note FROM plain;
  CREATE TABLE events (id int, secret text) PARTITION BY RANGE (id);
  CREATE TABLE events_1 (secret text, id int);
  ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES FROM (1) TO (10);
  CREATE FUNCTION drop_it() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION drop_it(plain) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION harmless(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
  CREATE FUNCTION many(a int, b int DEFAULT 1, VARIADIC c int[] DEFAULT '{}') RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
  CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
  CREATE FUNCTION listed() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION add_up(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE AGGREGATE sneaky (int) (sfunc = add_up, stype = int);
  CREATE FUNCTION same(plain, plain) RETURNS bool LANGUAGE sql AS 'SELECT true';
  CREATE OPERATOR === (leftarg = plain, rightarg = plain, function = same);
  CREATE VIEW calling AS SELECT drop_it() AS x FROM plain;
  CREATE FUNCTION checks(text) RETURNS bool LANGUAGE sql AS 'SELECT true';
  CREATE DOMAIN checked AS text CHECK (checks(VALUE));
  CREATE DOMAIN checked_again AS checked;
  CREATE TYPE pair AS (a int, b checked_again[]);
  CREATE TABLE paired (p pair);
  CREATE TYPE colour AS ENUM ('red', 'blue');
  CREATE FUNCTION shade(colour) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
  CREATE CAST (colour AS int) WITH FUNCTION shade(colour) AS IMPLICIT;
  CREATE TABLE coloured (a colour);
  CREATE TABLE ledger (id int, amount int);
  CREATE VIEW v_ledger AS SELECT * FROM ledger;
  CREATE TABLE parts (id int, secret text) PARTITION BY RANGE (id);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (10) PARTITION BY RANGE (id);
  CREATE TABLE parts_1a (secret text, id int);
  ALTER TABLE parts_1 ATTACH PARTITION parts_1a FOR VALUES FROM (1) TO (5);
  CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
  CREATE EXTENSION citext;
  CREATE VIEW spying AS SELECT query, pid FROM pg_stat_activity;
  CREATE SCHEMA other;
  CREATE TABLE other.plain (id int);
`;

/** Facts in memory, as the store would keep them over a restart. */
class MemoryFacts implements FactStore {
  readonly scopes = new Map<string, Map<string, string>>();
  saves = 0;

  async load(scope: string): Promise<ReadonlyMap<string, string>> {
    return new Map(this.scopes.get(scope));
  }

  async save(scope: string, key: string, value: string): Promise<void> {
    this.saves += 1;
    const facts = this.scopes.get(scope) ?? new Map<string, string>();
    this.scopes.set(scope, facts.set(key, value));
  }
}

let server: PostgresServer;
let own: OwnConnection;
let target: Target;
let classifier: Classifier;
let catalogues: Catalogues;
let facts: MemoryFacts;
let clock = 0;

function restart(): void {
  catalogues = createCatalogues({ connect: openOwnConnection, now: () => clock, facts });
}

beforeAll(async () => {
  server = await startPostgres({ version: 15, port: 21_110 });
  target = { ...targetAt(server), options: { functions: ['public.listed'] } };
  own = await openOwnConnection(target, 'postgres', AbortSignal.timeout(10_000));
  for (const statement of SCHEMA.split(';\n')) if (statement.trim() !== '') await own.query(statement);
  classifier = createClassifier();
  facts = new MemoryFacts();
  restart();
});

afterAll(async () => {
  await catalogues?.close();
  await classifier?.close();
  own?.close();
  await server?.stop();
});

const read = (): Promise<Catalogue> => catalogues.get(target, 'postgres');

async function reread(): Promise<Catalogue> {
  catalogues.invalidate(target, 'postgres');
  return read();
}

async function resolve(text: string): Promise<Resolved> {
  return (await read()).resolve(await classifier.analyse(text, { standardConformingStrings: true, serverVersion: '15' }));
}

/** `schema.table.column` of every origin, of the one relation of that name. */
function origins(catalogue: Catalogue, name: string, column: string): readonly string[] | undefined {
  const [relation] = catalogue.named({ schema: 'public', name });
  const found = [...(relation?.columns.values() ?? [])].find((one) => one.name === column);
  if (found === undefined) throw new Error(`no column ${name}.${column}`);
  return found.origins?.map((origin) => `${origin.relation}.${origin.name}`);
}

describe('origins', () => {
  test('a table’s column is its own; a view’s leads through views to the table', async () => {
    const catalogue = await read();
    expect(origins(catalogue, 'customers', 'email')).toEqual(['public.customers.email']);
    expect(origins(catalogue, 'counter', 'last_value')).toEqual(['public.counter.last_value']);
    expect(origins(catalogue, 'contacts', 'mail')).toEqual(['public.contacts.mail', 'public.customers.email']);
    expect(origins(catalogue, 'contacts_again', 'address')).toEqual([
      'public.contacts_again.address',
      'public.contacts.mail',
      'public.customers.email',
    ]);
    expect(origins(catalogue, 'contacts_again', 'note')).toEqual(['public.contacts_again.note', 'public.plain.note']);
    expect(origins(catalogue, 'frozen', 'card')).toEqual(['public.frozen.card', 'public.customers.card']);
  });

  test('an expression has none, at any depth, but keeps its own name', async () => {
    const catalogue = await read();
    expect(origins(catalogue, 'contacts', 'shout')).toBeUndefined();
    expect(origins(catalogue, 'contacts_again', 'one')).toBeUndefined();
    expect(origins(catalogue, 'both_of_them', 'email')).toBeUndefined();
    const [contacts] = catalogue.named({ name: 'contacts' });
    expect(contacts?.columns.get(3)?.names).toEqual([{ relation: 'public.contacts', name: 'shout' }]);
  });

  test('a view over what the server collected has no origins there', async () => {
    const catalogue = await read();
    const [spying] = catalogue.named({ name: 'spying' });
    expect(origins(catalogue, 'spying', 'query')).toBeUndefined();
    expect(spying && catalogue.sources(spying).some((source) => source.collected)).toBe(true);
    expect(await resolve('SELECT query FROM spying')).toMatchObject({ opaque: true, class: ['read'] });
  });

  test('a partition’s columns are its parent’s by name, whatever their order', async () => {
    expect(origins(await read(), 'events_1', 'secret')).toEqual(['public.events_1.secret', 'public.events.secret']);
  });

  test('a parent’s columns are its children’s too, at any depth; siblings share nothing', async () => {
    const catalogue = await read();
    expect(origins(catalogue, 'parts', 'secret')?.toSorted()).toEqual(
      ['parts', 'parts_1', 'parts_1a', 'parts_2'].map((name) => `public.${name}.secret`),
    );
    expect(origins(catalogue, 'parts_1', 'secret')).toEqual(['parts_1', 'parts', 'parts_1a'].map((name) => `public.${name}.secret`));
    expect(origins(catalogue, 'parts_2', 'secret')).toEqual(['public.parts_2.secret', 'public.parts.secret']);
    const [parts] = catalogue.named({ name: 'parts' });
    expect(parts && catalogue.sources(parts).map(({ name }) => name)).toEqual(expect.arrayContaining(['parts_1a', 'parts_2']));
  });

  test('sources lead through views', async () => {
    const catalogue = await read();
    const names = (name: string): string[] => {
      const [relation] = catalogue.named({ schema: 'public', name });
      return relation
        ? catalogue
            .sources(relation)
            .map((source) => source.name)
            .sort()
        : [];
    };
    expect(names('contacts_again')).toEqual(['contacts', 'contacts_again', 'customers', 'plain']);
    expect(names('frozen')).toEqual(['customers', 'frozen']);
    expect(names('plain')).toEqual(['plain']);
  });

  test('an OID leads to its relation, a bare name to every schema’s', async () => {
    const catalogue = await read();
    const [customers] = catalogue.named({ name: 'customers' });
    expect(customers && catalogue.relation(customers.oid)).toBe(customers);
    expect(
      catalogue
        .named({ name: 'plain' })
        .map(({ schema }) => schema)
        .sort(),
    ).toEqual(['other', 'public']);
    expect(catalogue.named({ name: 'pg_class' })).toHaveLength(1);
    expect(catalogue.named({ name: 'nowhere' })).toEqual([]);
  });
});

describe('names over time', () => {
  test('a rename of column, table or schema does not shake off the old names, not over a restart either', async () => {
    await own.query('CREATE TABLE moving (a text)');
    await reread();
    await own.query('ALTER TABLE moving RENAME COLUMN a TO b');
    expect(origins(await reread(), 'moving', 'b')).toEqual(['public.moving.a', 'public.moving.b']);
    await catalogues.close();
    await own.query('ALTER TABLE moving RENAME TO moved');
    restart();
    expect(origins(await read(), 'moved', 'b')).toEqual(['public.moving.a', 'public.moving.b', 'public.moved.b']);
  });

  test('a table made anew has the names it has now; nothing is stored when nothing changed', async () => {
    await own.query('DROP TABLE moved');
    await own.query('CREATE TABLE moved (b text)');
    expect(origins(await reread(), 'moved', 'b')).toEqual(['public.moved.b']);
    const { saves } = facts;
    await own.query('CREATE INDEX ON moved (b)');
    await reread();
    expect(facts.saves).toBe(saves);
  });

  test('a detached partition stays under its parent’s name', async () => {
    await own.query('ALTER TABLE events DETACH PARTITION events_1');
    expect(origins(await reread(), 'events_1', 'secret')).toEqual(['public.events_1.secret', 'public.events.secret']);
  });

  test('a view that is replaced is asked anew', async () => {
    await own.query('CREATE OR REPLACE VIEW contacts AS SELECT id AS contact, card AS mail, upper(card) AS shout FROM customers');
    expect(origins(await reread(), 'contacts_again', 'address')).toEqual([
      'public.contacts_again.address',
      'public.contacts.mail',
      'public.customers.card',
    ]);
  });
});

describe('freshness', () => {
  test('current answers while it is young, refreshes in the background, and is gone after an invalidation', async () => {
    const first = await read();
    clock += 4_000;
    expect(catalogues.current(target, 'postgres')).toBe(first);
    await own.query('CREATE TABLE made_elsewhere (a int)');
    clock += 4_000;
    expect(catalogues.current(target, 'postgres')).toBe(first); // and a reading has begun
    clock += 4_000;
    const second = await read();
    expect(second.named({ name: 'made_elsewhere' })).toHaveLength(1);
    catalogues.invalidate(target, 'postgres');
    expect(catalogues.current(target, 'postgres')).toBeUndefined();
    expect(await read()).toBe(second); // nothing had changed: the same catalogue
  });

  test('a reading that began before an invalidation does not count', async () => {
    for (let attempt = 0; attempt < 50; attempt++) {
      catalogues.invalidate(target, 'postgres');
      let over = false;
      const waiting = read().finally(() => {
        over = true;
      });
      await own.query(`CREATE TABLE in_between_${attempt} (a int)`);
      if (over) continue; // it was too quick to be overtaken
      catalogues.invalidate(target, 'postgres');
      expect((await waiting).named({ name: `in_between_${attempt}` })).toHaveLength(1);
      return;
    }
    throw new Error('Every reading was over before the table was made.');
  });

  test('a lost connection is replaced; a target out of reach rejects', async () => {
    await own.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'sallyport'",
    );
    catalogues.invalidate(target, 'postgres');
    await expect(Promise.any([read(), read().catch(read)])).resolves.toBeDefined();
    await expect(catalogues.get({ ...target, name: 'away', port: 1 }, 'postgres')).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
    });
  });

  test('a locked view is unknown for now, and waits a second at most', async () => {
    const locker = await openOwnConnection(target, 'postgres', AbortSignal.timeout(10_000));
    await own.query(
      'CREATE OR REPLACE VIEW contacts_again AS SELECT c.mail AS address, p.note, 2 AS one FROM contacts c JOIN plain p ON p.id = c.contact',
    );
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE plain IN ACCESS EXCLUSIVE MODE');
    expect(origins(await reread(), 'contacts_again', 'address')).toBeUndefined();
    await locker.query('ROLLBACK');
    locker.close();
    expect(origins(await reread(), 'contacts_again', 'address')).toContain('public.customers.card');
  });
});

describe('resolve', () => {
  test.each([
    ['SELECT * FROM customers', 'read', ['public.customers'], false],
    ['SELECT * FROM plain', 'read', ['other.plain', 'public.plain'], false],
    ['SELECT upper(email), count(*), email || card FROM customers WHERE id = 1', 'read', ['public.customers'], false],
    ['SELECT relname FROM pg_class', 'read', ['pg_catalog.pg_class'], false],
    ['SELECT drop_it()', 'read,unknown', [], true],
    ['SELECT public.drop_it()', 'read,unknown', [], true],
    ['SELECT p.drop_it FROM public.plain p', 'read,unknown', ['public.plain'], true],
    ['SELECT (p).drop_it FROM public.plain p', 'read,unknown', ['public.plain'], true],
    ['SELECT harmless(1)', 'read', [], true],
    ['SELECT harmless(1, 2)', 'read,unknown', [], false],
    ['SELECT many(1), many(1, 2, 3, 4, 5)', 'read', [], true],
    ['SELECT no_such_thing()', 'read,unknown', [], false],
    ['SELECT pg_catalog.no_such_thing()', 'read,unknown', [], false],
    ["SELECT lower('A')", 'read,unknown', [], true],
    ["SELECT pg_catalog.lower('A')", 'read', [], false],
    ['SELECT listed()', 'read', [], true],
    ['SELECT sneaky(1)', 'read,unknown', [], true],
    ['SELECT a === b FROM public.plain a, public.plain b', 'read,unknown', ['public.plain'], true],
    ['SELECT a OPERATOR(public.===) b FROM public.plain a, public.plain b', 'read,unknown', ['public.plain'], true],
    ["SELECT 'x'::checked", 'read,unknown', [], true],
    ["SELECT 'x'::checked_again", 'read,unknown', [], true],
    ["SELECT 'x'::checked_again[]", 'read,unknown', [], true],
    ["SELECT row(1, '{a}')::pair", 'read,unknown', [], true],
    ["SELECT jsonb_populate_record(null::paired, '{}')", 'read,unknown', [], true],
    ["SELECT * FROM json_to_recordset('[]') AS x (a checked_again)", 'read,unknown', [], true],
    ['SELECT p FROM paired', 'read', ['public.paired'], false],
    ['SELECT a + 1 FROM coloured', 'read,unknown', ['public.coloured'], true],
    ['DELETE FROM v_ledger WHERE id = 1', 'write', ['public.ledger', 'public.v_ledger'], false],
    ['SELECT id FROM parts', 'read', ['public.parts', 'public.parts_1', 'public.parts_1a', 'public.parts_2'], false],
    ['DELETE FROM parts_1a WHERE id = 1', 'write', ['public.parts', 'public.parts_1', 'public.parts_1a'], false],
    ["SELECT 'x'::citext = 'X', replace('a', 'b', 'c')", 'read', [], false],
    ['SELECT * FROM calling', 'read,unknown', ['public.calling', 'public.plain'], true],
    ["SELECT * FROM dblink('x', 'y') AS t (a int)", 'read,unknown', [], false],
    ['SELECT query FROM pg_stat_activity', 'read', ['pg_catalog.pg_stat_activity'], true],
    ['DO $$ $$', 'unknown', [], true],
    ['SELEKT', 'unknown', [], true],
    ['', 'session', [], false],
  ])('%s', async (text, classes, relations, opaque) => {
    const resolved = await resolve(text);
    expect({ classes: [...resolved.class].sort().join(), relations: resolved.relations, opaque: resolved.opaque }).toEqual({
      classes,
      relations,
      opaque,
    });
    if (resolved.class.includes('unknown')) expect(resolved.reason).toBeDefined();
  });

  test('a name that is nowhere, a temporary table for one, is said so', async () => {
    expect(await resolve('SELECT * FROM nowhere')).toMatchObject({ unknownRelation: true, relations: ['nowhere'] });
    expect(await resolve('SELECT * FROM pg_temp.plain')).toMatchObject({ unknownRelation: true });
    expect(await resolve('SELECT * FROM customers')).toMatchObject({ unknownRelation: false });
  });

  test('sources are those of all its relations; a text seen before is not resolved again', async () => {
    const resolved = await resolve('SELECT * FROM contacts_again WHERE one = 1');
    expect(resolved.sources.map(({ name }) => name)).toEqual(expect.arrayContaining(['customers', 'contacts', 'contacts_again']));
    expect(await resolve('SELECT * FROM contacts_again WHERE one = 2')).toBe(resolved);
  });
});
