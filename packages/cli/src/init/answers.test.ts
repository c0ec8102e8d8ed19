import type { Protocol } from '@sallyport/core';
import { postgres } from '@sallyport/postgres';
import { findBeginning, findWhereabouts, type InitOptions } from './answers.ts';
import type { Ask } from './ask.ts';

const protocols: readonly Protocol[] = [postgres()];

/** Gives these answers by what is asked, else what is usual; notes the questions. */
function person(answers: Readonly<Record<string, string>>): Ask & { readonly asked: string[] } {
  const asked: string[] = [];
  const find = (message: string): string | undefined => {
    asked.push(message);
    return Object.entries(answers).find(([word]) => message.includes(word))?.[1];
  };
  return {
    asked,
    text: async (message, fallback) => find(message) ?? fallback ?? '',
    secret: async (message) => find(message) ?? '',
    confirm: async (message, fallback) => (find(message) === undefined ? fallback : find(message) === 'yes'),
  };
}

const where = (dsn: string | undefined, options: InitOptions = {}, env: NodeJS.ProcessEnv = {}, ask?: Ask) =>
  findWhereabouts(dsn, options, protocols, env, ask);

test('a connection string that says all asks nothing', async () => {
  const ask = person({});
  await expect(where('postgres://app:secret@db.internal/shop?sslmode=require', {}, {}, ask)).resolves.toMatchObject({
    host: 'db.internal',
    port: 5432,
    username: 'app',
    password: 'secret',
    database: 'shop',
    content: 'require',
  });
  expect(ask.asked).toEqual([]);
});

test('what is missing is asked, in the order that one knows it', async () => {
  const ask = person({ host: 'db.internal', account: 'app', Database: 'shop', Password: 'secret' });
  await expect(where(undefined, {}, { PGPORT: '6432' }, ask)).resolves.toMatchObject({
    host: 'db.internal',
    port: 6432,
    username: 'app',
    password: 'secret',
    database: 'shop',
  });
  expect(ask.asked).toEqual(["The database's host", 'The account that the gateway shall use', 'Database', 'Password of app (empty: none)']);
});

test.each([
  [undefined, {}, "The database's host is not said"],
  ['host=db', {}, "The database's user name is not said"],
  ['db.internal:5432', {}, 'no connection string'],
  ['host=db user=app', { protocol: 'gopher' }, "'gopher' is no protocol"],
  ['host=db user=app', { passwordEnv: 'NOT_SET' }, 'NOT_SET is not set'],
  ['host=db user=app', { ca: 'no-such-file.pem' }, 'cannot be read'],
])('%s with %j and nobody there is wrong usage', async (dsn, options, why) => {
  await expect(where(dsn, options)).rejects.toMatchObject({ exit: 2, message: expect.stringContaining(why) });
});

test('a variable that shall keep the password is read, and nothing asked', async () => {
  const found = await where('host=db user=app dbname=shop', { passwordEnv: 'SHOP' }, { SHOP: 'secret', PGPASSWORD: 'other' }, person({}));
  expect(found).toMatchObject({ password: 'secret', passwordEnv: 'SHOP' });
});

test('names have usual values, and options go before questions', async () => {
  const found = await where("host=db user=app dbname='my shop'");
  expect((await findBeginning({ person: 'alice' }, found, undefined)).name).toBe('my-shop');
  const ask = person({ agent: 'copilot', watch: 'yes' });
  await expect(findBeginning({ person: 'alice', name: 'shop' }, found, ask)).resolves.toEqual({
    name: 'shop',
    person: 'alice',
    agent: 'copilot',
    approver: 'dba',
    shadow: true,
  });
});

test.each([{ person: 'dba' }, { person: 'a b' }, { agent: '' }])('%j are no names for three', async (options) => {
  const found = await where('host=db user=app');
  await expect(findBeginning(options, found, undefined)).rejects.toMatchObject({ exit: 2 });
});
