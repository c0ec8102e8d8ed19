import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../exit.ts';

/** One commit on main, as `git fast-import` reads it: https://git-scm.com/docs/git-fast-import */
const FIRST_COMMIT = `commit refs/heads/main
committer Dana <dana@example.com> 1763625600 +0000
data 10
The shop.

M 100644 inline README.md
data 18
# The little shop
done
`;

/** Makes the shop's Git repository, the first time. @returns the folder that holds `git/`; undefined: there is no git here */
export async function prepareRepository(demoFolder: string): Promise<string | undefined> {
  const folder = join(demoFolder, 'api');
  const repository = join(folder, 'git', 'shop.git');
  await mkdir(join(folder, 'git'), { recursive: true });
  if (existsSync(join(repository, 'HEAD'))) return folder;
  try {
    await git(['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  await git(['-C', repository, 'fast-import', '--quiet', '--done'], FIRST_COMMIT);
  return folder;
}

async function git(args: readonly string[], input = ''): Promise<void> {
  const child = spawn('git', args, { stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new CliError(`The demo's repository could not be made: ${said.trim()}`);
}
