/**
 * Tries every client directly and through the gateway, with nothing but host, port, user, password and database (and,
 * where it uses TLS, whom to trust), and prints what it found:
 *
 *   node scripts/compat/run.ts [--direct] [CLIENT...]
 *
 * Exit code 1 when a check fails through the gateway.
 */
import { CLIENTS, makeCache } from './clients.ts';
import { tryMysql } from './mysql.ts';
import { MYSQL_CLIENTS } from './mysql-clients.ts';
import { tryPostgres } from './postgres.ts';

const asked = process.argv.slice(2);
const names = asked.filter((word) => !word.startsWith('--'));
const known = [...CLIENTS, ...MYSQL_CLIENTS].map(({ name }) => name);
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) throw new Error(`No such client: ${unknown.join(', ')}. Known: ${known.join(', ')}.`);

makeCache();
const directOnly = asked.includes('--direct');
let [passed, failed] = [0, 0];
for (const tryFamily of [tryPostgres, tryMysql]) {
  const tally = await tryFamily(names, directOnly);
  passed += tally.passed;
  failed += tally.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
