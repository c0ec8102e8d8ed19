import { seedCustomers } from './seed.ts';

const CALLERS = 40;

/** The statements that make the shop's other database, a MariaDB of calls, in order and each on one line. */
export function callsStatements(password: string): readonly string[] {
  const callers = seedCustomers()
    .slice(0, CALLERS)
    .map(({ name, email, phone, card }, at) => `(${at + 1}, ${[name, email, phone, card].map(literal).join(', ')})`);
  const calls = callers.map((_, at) => `(${at + 1}, ${at + 1}, ${literal(at % 3 === 0 ? 'asked for a refund' : 'where is my order?')})`);
  return [
    'SET NAMES utf8mb4',
    'CREATE DATABASE calls CHARACTER SET utf8mb4',
    'CREATE TABLE calls.callers (id int PRIMARY KEY, name varchar(80), email varchar(80), phone varchar(40), card_number varchar(40))',
    'CREATE TABLE calls.calls (id int PRIMARY KEY, caller int NOT NULL REFERENCES callers (id), subject varchar(200))',
    'CREATE TABLE calls.calls_2019 LIKE calls.calls',
    `INSERT INTO calls.callers VALUES ${callers.join(', ')}`,
    `INSERT INTO calls.calls VALUES ${calls.join(', ')}`,
    // Last: a start that was cut short leaves no account, and begins anew.
    `CREATE USER app@'127.0.0.1' IDENTIFIED BY ${literal(password)}`,
    "GRANT ALL ON calls.* TO app@'127.0.0.1'",
  ];
}

function literal(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
