/** What the people of the demo do. The guide prints it, the tour plays it. */
export const STORY = {
  read: 'SELECT id, name, email, phone, card_number, notes FROM customers ORDER BY id LIMIT 5',
  inbox: 'SELECT id, body FROM messages ORDER BY id',
  taxIds: 'SELECT id, tax_id FROM customers ORDER BY id LIMIT 3',
  deleteAll: 'DELETE FROM orders',
  countOrders: 'SELECT count(*) FROM orders',
  drop: 'DROP TABLE orders_2019',
  alter: 'ALTER TABLE customers ADD COLUMN nickname text',
  tables: "SELECT count(*) FROM pg_tables WHERE tablename = 'orders_2019'",
  newColumns: "SELECT count(*) FROM pg_attribute WHERE attname = 'nickname'",
  readCalls: 'SELECT c.id, k.name, k.email, k.phone, k.card_number, c.subject FROM calls c JOIN callers k ON k.id = c.caller LIMIT 5',
  dropCalls: 'DROP TABLE calls_2019',
  callTables: "SHOW TABLES LIKE 'calls_2019'",
  printKey: "echo the key is AKIA''IOSFODNN7EXAMPLE",
  key: 'AKIAIOSFODNN7EXAMPLE',
  look: 'uptime',
  remove: 'rm -rf /srv/shop',
} as const;
