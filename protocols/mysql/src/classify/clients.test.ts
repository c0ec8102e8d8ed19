import type { ParserSettings } from './analysis.ts';
import { analyse, classificationOf } from './classifier.ts';

const SETTINGS: ParserSettings = {
  family: 'mysql',
  version: 90_704,
  sqlMode: new Set(),
  characterSet: 'utf8mb4',
  foldNames: false,
  functions: new Set(),
  database: 'shop',
};

// A client whose opening words are denied or held does not start.
test.each([
  'select $$',
  'select @@version_comment limit 1',
  'show databases',
  '/* mysql-connector-j-9.4.0 (Revision: d68) */SELECT  @@session.auto_increment_increment AS auto_increment_increment, @@sql_mode AS sql_mode',
  "set sql_mode=CONCAT(@@sql_mode,',STRICT_TRANS_TABLES'),session_track_system_variables = CONCAT(@@global.session_track_system_variables,',tx_isolation'),NAMES utf8mb4",
  'SET NAMES utf8mb4',
  "/*!40100 SET @@SQL_MODE='' */",
  "/*!40103 SET TIME_ZONE='+00:00' */",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION /*!40100 WITH CONSISTENT SNAPSHOT */',
  'LOCK TABLES `orders` READ /*!32311 LOCAL */',
  'SELECT /*!40001 SQL_NO_CACHE */ * FROM `orders`',
  'SHOW CREATE TABLE `orders`',
  "SHOW TRIGGERS LIKE 'orders'",
])('what clients say by themselves passes without a rule: %s', (text) => {
  const { class: classes } = classificationOf(analyse(text, SETTINGS));
  expect(['read', 'session']).toEqual(expect.arrayContaining([...classes]));
});

test('only the whole of the question about dollar signs is known', () => {
  for (const text of ['select $$ FROM orders', 'select $$;', 'select $$$$', 'SELECT $$ DROP TABLE orders']) {
    expect(classificationOf(analyse(text, SETTINGS)).class).toContain('unknown');
  }
});
