import { targetAt } from '../../test/test-target.ts';
import { openDatabases } from './open-databases.ts';

const at = (options: object) => openDatabases(targetAt({ host: 'db', port: 3306, user: 'app', password: '' }, { options }));

test('the database and those listed are open, and nothing else; names are folded as the server does', () => {
  const { refusal } = at({ database: 'shop', databases: ['shop_*', 'Archive'] });
  for (const name of ['shop', 'shop_2025', 'Archive', 'information_schema', 'PERFORMANCE_SCHEMA'])
    expect(refusal(name, false)).toBeUndefined();
  for (const name of ['mysql', 'sys', 'SHOP', 'archive', 'shopping', ''])
    expect(refusal(name, false)).toMatch('is not open through this gateway');
  for (const name of ['SHOP', 'archive', 'Shop_X']) expect(refusal(name, true)).toBeUndefined();
  expect(refusal('mysql', true)).toContain('"databases"');
});

test('where none is named, the account says what is open', () => {
  expect(at({}).refusal('mysql', false)).toBeUndefined();
  expect(at({ databases: ['shop'] }).refusal('mysql', false)).toBeDefined();
});
