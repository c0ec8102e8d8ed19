import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Nobody reads a file of more lines than this with pleasure. */
const LONGEST = 400;

const listed = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs', '*.cjs', '*.sh', '*.py', '*.go', '*.java'],
  {
    encoding: 'utf8',
  },
);
for (const path of listed.split('\0').filter(Boolean)) {
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  if (lines <= LONGEST) continue;
  console.error(`${path} has ${lines} lines; ${LONGEST} are allowed. Split it by what its parts are about.`);
  process.exitCode = 1;
}
