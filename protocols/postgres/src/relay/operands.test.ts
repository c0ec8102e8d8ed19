import type { Gate, Mask } from '@sallyport/core';
import { redact, testCatalogue } from '../../test/playbook-kit.ts';
import { blank } from '../classify/blanking.ts';
import { createClassifier } from '../classify/classifier.ts';
import { type Meaning, meaningOf } from './meaning.ts';
import { operandsOf, withValues } from './operands.ts';
import { Protection } from './protection.ts';

const SETTINGS = { standardConformingStrings: true, serverVersion: '15.18' };
const CATALOGUE = testCatalogue({
  'public.customers': ['id', 'name', 'card', 'born'],
  'public.orders': ['id', 'customer', 'note'],
  'public.people': ['id', 'email'],
  'staff.people': ['id', 'email'],
  'public.mixed': ['a'],
  'staff.mixed': ['b'],
});
const classifier = createClassifier();
afterAll(() => classifier.close());

const protection = new Protection({
  maskFor: ({ name }): Mask | undefined => (name === 'card' ? redact : undefined),
  protectedMask: redact,
  unmasked: false,
} as Gate);

async function meaning(text: string, uncertain = false): Promise<Meaning> {
  return meaningOf({ text, analysis: await classifier.analyse(text, SETTINGS), catalogue: CATALOGUE, protection, uncertain });
}

describe('what is recorded over protected data', () => {
  const recorded = async (text: string): Promise<string> => {
    const literals = (await meaning(text)).readable()?.literals;
    return blank(text, true, { keeps: (literal) => literals?.has(literal) === true });
  };

  test.each([
    ["SELECT * FROM customers WHERE name = 'Ann' AND card = '4111'", "SELECT * FROM customers WHERE name = 'Ann' AND card = '?'"],
    ["SELECT * FROM customers WHERE 'Ann' <> name", "SELECT * FROM customers WHERE 'Ann' <> name"],
    ['SELECT * FROM customers WHERE id IN (1, -2, - 3) LIMIT 5', 'SELECT * FROM customers WHERE id IN (1, -2, - 3) LIMIT ?'],
    ['SELECT * FROM customers WHERE card IN (1, 2)', 'SELECT * FROM customers WHERE card IN (?, ?)'],
    ['SELECT * FROM customers c WHERE c.id BETWEEN 1 AND 2', 'SELECT * FROM customers c WHERE c.id BETWEEN 1 AND 2'],
    [
      "SELECT * FROM customers WHERE id = ANY (ARRAY[1, 2]) AND name = ANY ('{a}')",
      "SELECT * FROM customers WHERE id = ANY (ARRAY[1, 2]) AND name = ANY ('{a}')",
    ],
    ["SELECT * FROM customers WHERE born > date '2020-01-01'", "SELECT * FROM customers WHERE born > date '2020-01-01'"],
    [
      "SELECT * FROM customers WHERE name::text = 'x' OR lower(name) = 'x'",
      "SELECT * FROM customers WHERE name::text = '?' OR lower(name) = '?'",
    ],
    ["SELECT * FROM customers WHERE name || 'x' = 'y'", "SELECT * FROM customers WHERE name || '?' = '?'"],
    ["SELECT 'x' FROM customers", "SELECT '?' FROM customers"],
    ["SELECT * FROM customers /* 4111 */ WHERE name LIKE 'A%' -- 4111", "SELECT * FROM customers   WHERE name LIKE 'A%'  "],
    [
      "SELECT * FROM customers c JOIN orders o ON o.customer = c.id AND note = 'n' WHERE id = 1",
      "SELECT * FROM customers c JOIN orders o ON o.customer = c.id AND note = 'n' WHERE id = ?",
    ],
    [
      "SELECT * FROM customers WHERE id IN (SELECT customer FROM orders WHERE note = 'n' AND name = 'x')",
      "SELECT * FROM customers WHERE id IN (SELECT customer FROM orders WHERE note = 'n' AND name = '?')",
    ],
    [
      "SELECT * FROM customers c WHERE EXISTS (SELECT FROM orders WHERE c.name = 'x' AND c.card = 'y')",
      "SELECT * FROM customers c WHERE EXISTS (SELECT FROM orders WHERE c.name = 'x' AND c.card = '?')",
    ],
    [
      "SELECT * FROM customers, (SELECT card AS name FROM customers) c WHERE c.name = 'x'",
      "SELECT * FROM customers, (SELECT card AS name FROM customers) c WHERE c.name = '?'",
    ],
    ["SELECT * FROM customers c (a, b, name) WHERE name = 'x'", "SELECT * FROM customers c (a, b, name) WHERE name = '?'"],
    [
      "WITH customers AS (SELECT card AS name FROM customers) SELECT * FROM customers WHERE name = 'x'",
      "WITH customers AS (SELECT card AS name FROM customers) SELECT * FROM customers WHERE name = '?'",
    ],
    [
      "SELECT * FROM customers, people WHERE email = 'e' AND nothing = 'x'",
      "SELECT * FROM customers, people WHERE email = 'e' AND nothing = '?'",
    ],
    ["SELECT * FROM customers, mixed WHERE a = 'x'", "SELECT * FROM customers, mixed WHERE a = '?'"],
    [
      "SELECT * FROM customers, unseen WHERE name = 'x' AND customers.name = 'y'",
      "SELECT * FROM customers, unseen WHERE name = '?' AND customers.name = 'y'",
    ],
    [
      "INSERT INTO customers (id, name, card) VALUES (1, 'Ann', '4111'), (2, 'Bob', '4222')",
      "INSERT INTO customers (id, name, card) VALUES (1, 'Ann', '?'), (2, 'Bob', '?')",
    ],
    ["INSERT INTO customers VALUES (1, 'Ann', '4111')", "INSERT INTO customers VALUES (?, '?', '?')"],
    [
      "INSERT INTO customers (id, name) VALUES (1, 'A' || 'b') ON CONFLICT (id) DO UPDATE SET name = 'C', card = 'D' WHERE excluded.name = 'E' AND customers.card = 'F'",
      "INSERT INTO customers (id, name) VALUES (1, '?' || '?') ON CONFLICT (id) DO UPDATE SET name = 'C', card = '?' WHERE excluded.name = 'E' AND customers.card = '?'",
    ],
    ["UPDATE customers SET name = 'Ann', card = '4111' WHERE id = 1", "UPDATE customers SET name = 'Ann', card = '?' WHERE id = 1"],
    ["UPDATE customers SET (name, card) = ('Ann', '4111') WHERE id = 1", "UPDATE customers SET (name, card) = ('?', '?') WHERE id = 1"],
    [
      "DELETE FROM customers USING orders WHERE customer = 5 AND note = 'ü'",
      "DELETE FROM customers USING orders WHERE customer = 5 AND note = 'ü'",
    ],
    [
      "MERGE INTO customers USING orders ON customer = 7 WHEN MATCHED THEN UPDATE SET name = 'a', card = 'b' WHEN NOT MATCHED THEN INSERT (name, card) VALUES ('c', 'd')",
      "MERGE INTO customers USING orders ON customer = 7 WHEN MATCHED THEN UPDATE SET name = 'a', card = '?' WHEN NOT MATCHED THEN INSERT (name, card) VALUES ('c', '?')",
    ],
    ["EXPLAIN SELECT * FROM customers WHERE name = 'x' AND card = 'y'", "EXPLAIN SELECT * FROM customers WHERE name = 'x' AND card = '?'"],
    ["PREPARE p AS SELECT * FROM customers WHERE name = 'x'", "PREPARE p AS SELECT * FROM customers WHERE name = '?'"],
    [
      "SELECT 'ä', '日本' FROM customers WHERE name = 'é''é' AND card = 'ß'",
      "SELECT '?', '?' FROM customers WHERE name = 'é''é' AND card = '?'",
    ],
    [
      "SELECT 1; SELECT E'\\'', $$x$$ FROM customers WHERE name = $$y$$ AND card = U&'z'",
      "SELECT ?; SELECT E'?', '?' FROM customers WHERE name = $$y$$ AND card = U&'?'",
    ],
  ])('%s', async (text, kept) => {
    expect(await recorded(text)).toBe(kept);
  });

  test('the numbers of literals hold for other literals of one shape', async () => {
    await recorded("SELECT 'a', 1 FROM customers WHERE name = 'x' AND card = 'y'");
    expect(await recorded("SELECT 'aaaaaaaa', 123 FROM customers WHERE name = 'Ann''s' AND card = '4111'")).toBe(
      "SELECT '?', ? FROM customers WHERE name = 'Ann''s' AND card = '?'",
    );
  });

  test('a parameter stays readable where all its places are clear', async () => {
    const { readable } = await meaning(
      'SELECT * FROM customers WHERE name = $1 AND card = $2 AND id = $3 AND lower($3) = $4 AND born > $5::date LIMIT $6',
    );
    expect([...(readable()?.parameters ?? [])]).toEqual([0, 4]);
  });

  test('nothing stays while names may mean something else, or where the text carries secrets', async () => {
    expect((await meaning("SELECT * FROM customers WHERE name = 'x'", true)).readable()?.literals.size).toBe(0);
    expect((await meaning("GRANT SELECT ON customers TO bob; SELECT * FROM customers WHERE name = 'x'")).readable()).toBeUndefined();
  });
});

describe('operands', () => {
  const operands = async (text: string): Promise<string[]> =>
    operandsOf(await meaning(text)).map((operand) => {
      const columns = operand.columns.map(({ names }) => `${names[0]?.relation}.${names[0]?.name}`).join();
      return operand.kind === 'literal'
        ? `${text.slice(operand.start, operand.end)} ${operand.value} ${columns}`
        : `$${operand.index + 1}${operand.array ? '[]' : ''} ${columns}`;
    });

  test.each([
    ["SELECT 'é日', * FROM customers WHERE card = 'tk'", ["'tk' tk public.customers.card"]],
    ["SELECT * FROM customers WHERE 'a''b' = card", ["'a''b' a'b public.customers.card"]],
    ["SELECT * FROM customers WHERE card IN ('a', 'b', lower('c'))", ["'a' a public.customers.card", "'b' b public.customers.card"]],
    ["SELECT * FROM customers WHERE card = ANY (ARRAY['a', $1])", ["'a' a public.customers.card", '$1 public.customers.card']],
    ['SELECT * FROM customers WHERE card = ANY ($1)', ['$1[] public.customers.card']],
    ["UPDATE customers SET card = 'no', name = $1 WHERE card = 'a' AND id = $2", ["'a' a public.customers.card", '$2 public.customers.id']],
    [
      "DELETE FROM customers WHERE card = 'a'::text AND card = $1::varchar AND card = 'b'::int",
      ["'a' a public.customers.card", '$1 public.customers.card'],
    ],
    ["SELECT * FROM people WHERE email = 'a'; SELECT card FROM customers", ["'a' a public.people.email,staff.people.email"]],
    [
      'SELECT * FROM customers c JOIN people p ON p.email = $1 AND c.card = $1',
      ['$1 public.people.email,staff.people.email,public.customers.card'],
    ],
  ])('%s', async (text, found) => {
    expect(await operands(text)).toEqual(found);
  });

  test.each([
    "SELECT * FROM customers WHERE card <> 'a' OR card > 'b' OR card LIKE 'c' OR card NOT IN ('d') OR card <> ALL (ARRAY['e'])",
    "SELECT * FROM customers WHERE card = 'a' || 'b' OR lower(card) = 'c' OR card = lower('d') OR (card, id) = ('e', 1)",
    "SELECT card = E'a', card = $$b$$, card = U&'c', card = 'd'\n'e' FROM customers",
    'SELECT $1 FROM customers WHERE card = $1',
    'SELECT * FROM customers WHERE card = $1 AND name LIKE $1',
    'UPDATE customers SET name = $1 WHERE card = $1',
    "INSERT INTO customers (card) VALUES ('a'), ($1)",
    "EXPLAIN SELECT * FROM customers WHERE card = 'a'",
    "PREPARE p AS SELECT * FROM customers WHERE card = 'a'",
    "CREATE VIEW v AS SELECT * FROM customers WHERE card = 'a'",
    "COPY (SELECT * FROM customers WHERE card = 'a') TO STDOUT",
    "SELECT mine(1), * FROM customers WHERE card OPERATOR(mine.=) 'a'",
    "DO 'x'; SELECT * FROM customers WHERE card = 'a'",
  ])('none: %s', async (text) => {
    expect(await operands(text)).toEqual([]);
  });

  test('none while names may mean something else', async () => {
    expect(operandsOf(await meaning("SELECT * FROM customers WHERE card = 'a'", true))).toEqual([]);
  });

  test('replaced, the text says what it said but for them', async () => {
    const text = "SELECT 'ü', * FROM customers WHERE card = 'tk1' AND name='Ann' OR card IN ('tk2','tk3')";
    const found = operandsOf(await meaning(text)).filter((operand) => operand.kind === 'literal');
    const originals = new Map(found.filter(({ value }) => value.startsWith('tk')).map((operand) => [operand, `it's ${operand.value} \\`]));
    originals.delete(found.find(({ value }) => value === 'tk2') as (typeof found)[number]);
    expect(withValues(text, originals)).toBe(
      "SELECT 'ü', * FROM customers WHERE card =  E'it''s tk1 \\\\' AND name='Ann' OR card IN ('tk2', E'it''s tk3 \\\\')",
    );
  });
});
