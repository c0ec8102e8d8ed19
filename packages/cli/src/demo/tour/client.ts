import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DemoStack } from '../stack.ts';

/** A step that does not end by itself is ended. */
const PATIENCE_MS = 30_000;
const LAUNCHER = fileURLToPath(new URL('../../../../../sallyport', import.meta.url));

/** What a program said and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs beside us. */
export interface Running {
  /** Resolves with the first match in what it has said on stderr; undefined when it ended without one. */
  heard(pattern: RegExp): Promise<string | undefined>;
  readonly outcome: Promise<Outcome>;
}

/** The people of the story: each command is a process of its own, as a person's would be. */
export class Client {
  readonly #stack: DemoStack;
  readonly #psql: boolean;
  readonly #mysql: boolean;
  readonly #ssh: boolean;
  /** Whether this machine has it. */
  readonly curl: boolean;

  /** Where a client is not on this machine, `sallyport exec` stands in. */
  constructor(stack: DemoStack, { psql, mysql, ssh, curl }: Readonly<Record<'psql' | 'mysql' | 'ssh' | 'curl', boolean>>) {
    this.#stack = stack;
    this.#psql = psql;
    this.#mysql = mysql;
    this.#ssh = ssh;
    this.curl = curl;
  }

  /** Sends SQL as somebody, with psql where there is one; rows come back as CSV. */
  sql(user: string, token: string, sql: string): Running {
    if (!this.#psql) return this.sallyport(['exec', 'shop-db', '--csv', '--', sql], token);
    const env = {
      PGPASSWORD: token,
      PGHOST: 'localhost',
      PGPORT: String(this.#stack.ports.postgres),
      PGUSER: user,
      PGDATABASE: 'shop',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: this.#stack.caFile,
    };
    return start('psql', ['-X', '--csv', '-v', 'VERBOSITY=verbose', '-c', sql], env);
  }

  /** Sends SQL to MariaDB, with the client that `sallyport connect` starts. */
  mysql(token: string, sql: string): Running {
    const words = this.#mysql ? ['connect', 'shop-calls', '--', '--batch', '-e', sql] : ['exec', 'shop-calls', '--csv', '--', sql];
    return this.sallyport(words, token);
  }

  /** Runs a command on the host, with the ssh that `sallyport connect` starts. */
  ssh(token: string, command: string): Running {
    return this.sallyport([this.#ssh ? 'connect' : 'exec', 'shop-host', '--', command], token);
  }

  /**
   * Sends a request, with curl where there is one.
   *
   * @param flags of curl: `-X METHOD`, `-H HEADER`, `-d BODY`.
   */
  http(token: string, target: 'shop-api' | 'shop-model', path: string, ...flags: readonly string[]): Running {
    const port = target === 'shop-api' ? this.#stack.ports.http : this.#stack.ports.model;
    const url = `https://localhost:${port}${path}`;
    if (this.curl) return start('curl', ['-sS', '--cacert', this.#stack.caFile, '-H', `Authorization: Bearer ${token}`, ...flags, url], {});
    const said = (flag: string): string[] => flags.flatMap((each, at) => (flags[at - 1] === flag ? [each] : []));
    const [body] = said('-d');
    const [method = body === undefined ? 'GET' : 'POST'] = said('-X');
    return this.sallyport(['exec', target, '--', method, path, ...said('-H')], token, body);
  }

  /** The same through the forward proxy, by `https://localhost:PORT`. */
  forward(token: string, target: 'shop-parcels', port: number, path: string): Running {
    return this.curl ? this.proxied(token, `https://localhost:${port}${path}`) : this.sallyport(['exec', target, '--', 'GET', path], token);
  }

  /** Runs curl with HTTPS_PROXY. */
  proxied(token: string, url: string, ...flags: readonly string[]): Running {
    const { port = 0, caFile = '' } = this.#stack.forward ?? {};
    const proxy = `http://x-access-token:${token}@127.0.0.1:${port}`;
    return start('curl', ['-sS', ...flags, url], {
      HTTPS_PROXY: proxy,
      https_proxy: proxy,
      NO_PROXY: '',
      no_proxy: '',
      CURL_CA_BUNDLE: caFile,
    });
  }

  /** Runs the command line itself, as whoever holds the token. */
  sallyport(args: readonly string[], token?: string, input?: string): Running {
    const env = { NO_COLOR: '1', SALLYPORT_URL: '', SALLYPORT_TOKEN: token ?? '' };
    return start(LAUNCHER, ['--config', this.#stack.configFile, ...args], env, input);
  }
}

/** Whether this machine has a program. */
export async function hasProgram(name: string, flag = '--version'): Promise<boolean> {
  return (await start(name, [flag], {}).outcome).code === 0;
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string>>, input?: string): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env }, timeout: PATIENCE_MS });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const outcome = ended(child).then((code) => ({ code, ...said }));
  return { outcome, heard: (pattern) => heard(child, pattern, () => said.stderr, outcome) };
}

/** The exit code; null when it could not start or was ended. */
async function ended(child: ChildProcess): Promise<number | null> {
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code;
  } catch {
    return null;
  }
}

async function heard(child: ChildProcess, pattern: RegExp, said: () => string, outcome: Promise<Outcome>): Promise<string | undefined> {
  const over = outcome.then(() => true);
  for (;;) {
    const match = pattern.exec(said())?.[0];
    if (match !== undefined) return match;
    const more = new Promise<boolean>((resolve) => child.stderr?.once('data', () => resolve(false)));
    if (await Promise.race([more, over])) return pattern.exec(said())?.[0];
  }
}
