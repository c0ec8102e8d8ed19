import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { type GitServer, startGitServer } from '../src/demo/git-server.ts';
import { type Outcome, serveSite, type TestSite } from './site.ts';
import { runProgram } from './ssh-site.ts';

export type Event = Readonly<Record<string, unknown>>;

/** A served configuration with a real Git server behind it, and a clone of its repository `shop`. */
export interface HttpGitSite extends TestSite {
  readonly server: GitServer;
  /** What the target was asked, as it saw it. */
  readonly seen: IncomingMessage[];
  /** Of alice, and one with which dana approves. */
  readonly alice: string;
  readonly lead: string;
  url(repository?: string, user?: string): string;
  /** In the clone, unless another folder is named. */
  git(args: readonly string[], folder?: string): Promise<Outcome>;
  commit(file: string, contents: string | Buffer, message?: string): Promise<void>;
  /** The repository `shop` at the target. */
  readonly bare: string;
  readonly work: string;
}

const PASSWORD = 'only the gateway knows';
const WHO = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Alice',
  GIT_AUTHOR_EMAIL: 'alice@example.com',
  GIT_COMMITTER_NAME: 'Alice',
  GIT_COMMITTER_EMAIL: 'alice@example.com',
};

/** @param rules the sections of the configuration that rule and mask. */
export async function startHttpGitSite(rules: string): Promise<HttpGitSite> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-http-git-'));
  const [repositories, work] = [join(folder, 'repositories'), join(folder, 'work')];
  const bare = join(repositories, 'shop.git');
  for (const name of ['shop', 'vault', 'cellar'])
    await runProgram('git', ['init', '-q', '--bare', '-b', 'main', join(repositories, `${name}.git`)]);
  await runProgram('git', ['-C', bare, 'config', 'receive.advertisePushOptions', 'true']);
  const seen: IncomingMessage[] = [];
  const onRequest = (request: IncomingMessage): void => void seen.push(request);
  const server = await startGitServer({ folder: repositories, username: 'bot', password: PASSWORD, onRequest });
  const [port, adminPort] = [await freePort(), await freePort()];
  const text = configuration(port, adminPort, server.port, rules);
  const site = await serveSite({ folder, text, port, adminPort, env: { GIT_PASSWORD: PASSWORD }, stopTarget: () => server.stop() });
  const [alice, lead] = [await site.token('alice'), await site.token('dana', '--can', 'approve')];
  const who = { ...WHO, GIT_SSL_CAINFO: join(folder, 'data', 'keys', 'ca.pem') };
  const url = (repository = 'shop', user = `alice:${alice}`): string => `http://${user}@127.0.0.1:${port}/${repository}.git`;
  const git = (args: readonly string[], where = work): Promise<Outcome> => runProgram('git', ['-C', where, ...args], '', who);
  const commit = async (file: string, contents: string | Buffer, message = `change ${file}`): Promise<void> => {
    await mkdir(join(work, file, '..'), { recursive: true });
    await writeFile(join(work, file), contents);
    await git(['add', '-A']);
    expect(await git(['commit', '-q', '-m', message])).toMatchObject({ code: 0 });
  };
  expect(await git(['clone', '-q', url(), work], folder)).toMatchObject({ code: 0 });
  return { ...site, ...{ server, seen, alice, lead, url, git, commit, bare, work } };
}

/** The events of the last session that has ended. */
export async function lastEvents(site: TestSite): Promise<readonly Event[]> {
  for (;;) {
    const shown = await site.run(['sessions', 'show', 'last', '--json']);
    const session = JSON.parse(shown.stdout) as { readonly state: string; readonly events: readonly Event[] };
    if (session.state !== 'live') return session.events;
  }
}

function configuration(port: number, adminPort: number, gitPort: number, rules: string): string {
  return `data_dir: ./data
admin: { listen: 127.0.0.1:${adminPort} }
identity:
  users:
    alice: { groups: [developers] }
    dana: { groups: [leads] }
targets:
  git:
    protocol: http
    listen: 127.0.0.1:${port}
    address: 127.0.0.1:${gitPort}
    tls: disable
    credentials: { username: bot, password: "\${env:GIT_PASSWORD}" }
    github: true
    hold_seconds: 1
access:
  - { groups: [developers], targets: ["*"] }
${rules}
recording: { durability: fast }
`;
}
