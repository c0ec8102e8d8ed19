import { readFileSync } from 'node:fs';
import mysql from 'mysql2/promise';

// Tries the attempts of a file, as texts and prepared, and prints all that it saw of each: `number TAB way TAB base64`.
const [attemptsFile, seedFile] = process.argv.slice(2);
const LASTING = /\b(CREATE|ALTER|RENAME|DROP|GLOBAL|OUTFILE|DUMPFILE)\b/;
const attempts = readFileSync(attemptsFile, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'))
  .map((line) => line.slice(line.indexOf('\t') + 1).replaceAll('⏎', '\n'));
const seed = readFileSync(seedFile, 'utf8');

function connect(prefix) {
  const of = (name) => process.env[`${prefix}_${name}`];
  const ssl = of('CA') && { ca: readFileSync(of('CA'), 'utf8') };
  const options = { host: of('HOST'), port: Number(of('PORT')), user: of('USER'), password: of('PASSWORD'), database: of('NAME') };
  return mysql.createConnection({ ...options, ...(ssl && { ssl }), multipleStatements: true });
}

async function reseed() {
  const direct = await connect('DIRECT');
  const quietly = (sql) => direct.query(sql).catch(() => undefined);
  await quietly('SET GLOBAL innodb_ft_aux_table = DEFAULT');
  await quietly('DROP DATABASE IF EXISTS other');
  // MySQL does not take all of it.
  if (process.env.SERVER === 'MariaDB') await direct.query(seed);
  else for (const line of seed.split('\n')) await quietly(line);
  await direct.end();
}

function written(value) {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (Array.isArray(value)) return value.map(written).join('|');
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function tried(attempt, way) {
  const seen = [];
  const client = await connect('DB');
  client.on('error', (error) => seen.push(error.message));
  try {
    await client.query('START TRANSACTION');
    for (const sql of attempt.split(' ;; ')) {
      const options = { sql, rowsAsArray: true, dateStrings: true, supportBigNumbers: true };
      const asked = way === 'text' ? client.query(options) : client.execute(options);
      await asked.then(
        ([rows, fields]) => seen.push(written(rows), JSON.stringify(fields)),
        (error) => seen.push(error.message),
      );
    }
  } catch (error) {
    seen.push(error.message);
  }
  client.destroy();
  return Buffer.from(seen.join('\n')).toString('base64');
}

await reseed();
for (const way of ['text', 'prepared']) {
  for (const [number, attempt] of attempts.entries()) {
    console.log(`${number}\t${way}\t${await tried(attempt, way)}`);
    if (LASTING.test(attempt)) await reseed();
  }
}
