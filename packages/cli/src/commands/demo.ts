import { Command } from 'commander';
import { parseCount } from '../output/count.ts';
import { formatDuration } from '../output/duration.ts';
import { print, say } from '../output/terminal.ts';
import type { SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly folder: string;
  readonly port: number;
  readonly mysqlPort: number;
  readonly sshPort: number;
  readonly httpPort: number;
  readonly modelPort: number;
  readonly forwardPort: number;
  readonly adminPort: number;
  readonly tour?: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'a shop with a real PostgreSQL and an API (and a MariaDB and an SSH host, if installed), the gateway before it, and lines to paste',
    )
    .option('--folder <folder>', 'where the demo keeps its files', '.demo')
    .option('--port <number>', 'where the gateway listens for PostgreSQL clients', parseCount, 15_432)
    .option('--mysql-port <number>', 'where it listens for MySQL clients, if MariaDB is installed', parseCount, 13_306)
    .option('--ssh-port <number>', "where it listens for SSH clients, if OpenSSH's server is installed", parseCount, 12_222)
    .option('--http-port <number>', "where it listens for clients of the shop's API", parseCount, 18_080)
    .option('--model-port <number>', 'where it listens for clients of a language model', parseCount, 18_081)
    .option('--forward-port <number>', 'where it is a forward proxy', parseCount, 18_088)
    .option('--admin-port <number>', 'where its API listens', parseCount, 8_420)
    .option('--tour', 'play the whole story with real clients and check each step (own folder, free ports)')
    .action(async (_: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      if (options.tour === true) process.exitCode = await (await import('../demo/tour/tour.ts')).playTour();
      else await runDemo(options);
    });
}

async function runDemo(options: Options): Promise<void> {
  const began = Date.now();
  const [{ startDemo }, { demoGuide }, { noMariadb }, { noSshd }, { untilSignal }] = await Promise.all([
    import('../demo/stack.ts'),
    import('../demo/guide.ts'),
    import('../demo/mariadb.ts'),
    import('../demo/sshd.ts'),
    import('../running-gateway.ts'),
  ]);
  say('Starting the database and the gateway ...');
  const stack = await startDemo(options);
  if (stack.ports.mysql === undefined) say(noMariadb());
  if (stack.ports.ssh === undefined) say(noSshd());
  say(`${stack.fresh ? 'A fresh shop is' : 'The shop is'} ready after ${formatDuration(Date.now() - began)}.`);
  try {
    await Promise.all([untilSignal(stack.gateway), print(demoGuide(stack, './sallyport'))]);
  } finally {
    say('Ending the demo ...');
    await stack.stop();
  }
}
