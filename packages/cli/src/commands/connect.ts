import { spawn } from 'node:child_process';
import type { NativeClient } from '@sallyport/core';
import { Command, Option } from 'commander';
import { openWay } from '../endpoint.ts';
import { CliError } from '../exit.ts';
import { print } from '../output/terminal.ts';
import { openApi, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly database?: string;
  readonly print?: 'dsn' | 'env';
}

export function connectCommand(): Command {
  return new Command('connect')
    .description("start the target's own client (psql, mysql), signed in for you")
    .argument('<target>', 'a name that `sallyport targets` lists')
    .argument('[arguments...]', "after --: the client's own arguments")
    .option('--database <name>', 'another database than the default')
    .addOption(new Option('--print <form>', 'print how to connect within the next 60 seconds instead').choices(['dsn', 'env']))
    .action(async (target: string, own: string[], _: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const { protocol, endpoint } = await openWay(await openApi(options, 'connect'), target, options.database);
      const client = protocol.connect(endpoint);
      await protocol.close();
      if (options.print === 'env') await print(environmentLines(client));
      else if (options.print === 'dsn') await print(`${dsnWithSecret(client.dsn, endpoint.token)}\n`);
      else process.exitCode = await runClient(client, own);
    });
}

/** Lines that a POSIX shell can `eval`. */
function environmentLines(client: NativeClient): string {
  return Object.entries(client.env)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');
}

function dsnWithSecret(dsn: string, token: string): string {
  const url = new URL(dsn);
  url.password = token;
  return url.href;
}

/** Hands over the terminal. Ctrl-C belongs to the client meanwhile. */
async function runClient(client: NativeClient, own: readonly string[]): Promise<number> {
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const child = spawn(client.program, [...client.args, ...own], { stdio: 'inherit', env: { ...process.env, ...client.env } });
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject).once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CliError(`'${client.program}' is not installed here. Install it, or use --print dsn with a client of yours.`, undefined, {
      cause,
    });
  } finally {
    process.off('SIGINT', ignore);
  }
}
