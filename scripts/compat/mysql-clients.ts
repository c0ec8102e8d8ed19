import { existsSync } from 'node:fs';
import { mysqlProgram } from '../../test-fixtures/servers/mysql.ts';
import { type Client, cached, clientFile, nodeClient, run } from './clients.ts';

function preparePython(): void {
  if (existsSync(cached('pymysql', 'bin', 'python'))) return;
  run('python3', ['-m', 'venv', cached('pymysql')], clientFile());
  run(cached('pymysql', 'bin', 'pip'), ['install', '-q', '-r', clientFile('pymysql', 'requirements.txt')], clientFile());
}

function prepareGo(): void {
  run('go', ['build', '-o', cached('go-sql-driver'), '.'], clientFile('go-sql-driver'));
}

function prepareJava(): void {
  if (existsSync(cached('mysql-java'))) return;
  run('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${cached('mysql-java')}`], clientFile('connector-j'));
}

/** A program of one file beside Connector/J's Checks. */
export function mysqlJava(name: string, ...args: readonly string[]): [string, ...string[]] {
  return ['java', '-cp', cached('mysql-java', '*'), clientFile('connector-j', `${name}.java`), ...args];
}
const script = (name: string, program: string, loader = ''): [string, ...string[]] => [
  'env',
  `CLIENT=${program}`,
  `LOADER=${loader}`,
  'sh',
  clientFile(`${name}.sh`),
];
const OTHER_SIGN_IN = "MySQL 9's clients have no mysql_native_password, by which accounts of MariaDB sign in";
const mysqlClient = mysqlProgram('mysql');
const mysqldump = mysqlProgram('mysqldump');

/** In the order of the table. */
export const MYSQL_CLIENTS: readonly Client[] = [
  { name: 'mariadb', needs: ['mariadb'], command: script('mysql-cli', 'mariadb') },
  {
    name: 'mysql',
    needs: [mysqlClient ?? "MySQL's own mysql"],
    command: script('mysql-cli', mysqlClient ?? 'mysql'),
    unable: { title: 'MariaDB', routes: 'direct', why: OTHER_SIGN_IN },
  },
  { name: 'mariadb-dump', needs: ['mariadb-dump'], command: script('mysql-dump', 'mariadb-dump', 'mariadb') },
  {
    name: 'mysqldump',
    needs: [mysqldump ?? "MySQL's own mysqldump"],
    command: script('mysql-dump', mysqldump ?? 'mysqldump', mysqlClient),
    unable: { title: 'MariaDB', routes: 'all', why: OTHER_SIGN_IN },
  },
  nodeClient('mysql2'),
  nodeClient('mariadb', 'mariadb-node'),
  {
    name: 'PyMySQL',
    needs: ['python3'],
    prepare: preparePython,
    command: [cached('pymysql', 'bin', 'python'), clientFile('pymysql', 'checks.py')],
  },
  { name: 'go-sql-driver', needs: ['go'], prepare: prepareGo, command: [cached('go-sql-driver')] },
  { name: 'Connector/J', needs: ['java', 'mvn'], prepare: prepareJava, command: mysqlJava('Checks', 'mysql') },
  { name: 'MariaDB Java', needs: ['java', 'mvn'], prepare: prepareJava, command: mysqlJava('Checks', 'mariadb') },
];
