/**
 * Tries every client directly and through the gateway, with nothing but host, port, user, password and database (and,
 * where it uses TLS, whom to trust), and prints what it found:
 *
 *   node scripts/compat/run.ts [--direct] [--megabytes N] [CLIENT...]
 *
 * N is what is piped over SSH and HTTP, 200 by default.
 * Exit code 1 when a check fails through the gateway.
 */
import { parseArgs } from 'node:util';
import { CLIENTS, makeCache } from './clients.ts';
import { FORWARD_CLIENTS, tryForward } from './forward.ts';
import { HTTP_CLIENTS, tryHttp } from './http.ts';
import { LLM_CLIENTS, tryLlm } from './llm.ts';
import { tryMysql } from './mysql.ts';
import { MYSQL_CLIENTS } from './mysql-clients.ts';
import { tryPostgres } from './postgres.ts';
import { trySsh } from './ssh.ts';
import { SSH_CLIENTS } from './ssh-clients.ts';

const { values, positionals: names } = parseArgs({
  options: { direct: { type: 'boolean', default: false }, megabytes: { type: 'string', default: '200' } },
  allowPositionals: true,
});
const known = [...CLIENTS, ...MYSQL_CLIENTS, ...SSH_CLIENTS, ...HTTP_CLIENTS, ...LLM_CLIENTS, ...FORWARD_CLIENTS].map(({ name }) => name);
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) throw new Error(`No such client: ${unknown.join(', ')}. Known: ${known.join(', ')}.`);

makeCache();
const directOnly = values.direct;
const megabytes = Number(values.megabytes);
let [passed, failed] = [0, 0];
const families = [
  () => tryPostgres(names, directOnly),
  () => tryMysql(names, directOnly),
  () => trySsh({ names, directOnly, megabytes }),
  () => tryHttp({ names, directOnly, megabytes }),
  () => tryLlm(names, directOnly),
  () => tryForward(names, directOnly),
];
for (const tryFamily of families) {
  const tally = await tryFamily();
  passed += tally.passed;
  failed += tally.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
