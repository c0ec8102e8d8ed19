import { spawn } from 'node:child_process';
import type { NativeClient } from '@sallyport/core';
import { Command, Option } from 'commander';
import { Api } from '../api.ts';
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
    .description("start the target's own client (psql, mysql, ssh), signed in for you; for HTTP a shell or any program")
    .argument('<target>', 'a name that `sallyport targets` lists')
    .argument('[arguments...]', "after --: the client's own arguments; for HTTP the program and its arguments")
    .option('--database <name>', 'another database than the default')
    .addOption(
      new Option('--print <form>', 'print how to connect instead: within the next 60 seconds, for HTTP as long as you may').choices([
        'dsn',
        'env',
      ]),
    )
    .action(async (target: string, own: string[], _: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const api = await openApi(options, 'connect');
      const { protocol, endpoint } = await openWay(api, target, options.database, true);
      const client = protocol.connect(endpoint);
      await protocol.close();
      if (options.print === 'env') await print(environmentLines(client));
      else if (options.print === 'dsn') await print(`${dsnWithSecret(client.dsn, endpoint.token)}\n`);
      else {
        process.exitCode = await runClient(client, own);
        // What signs in more than once is given back; a token that served once is spent anyway.
        if (protocol.manyConnections === true)
          await new Api(api.url, endpoint.token).post('/api/v1/connect/end', {}).catch(() => undefined);
      }
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
  const [program, ...words] = client.anyProgram === true && own.length > 0 ? own : [client.program, ...client.args, ...own];
  const child = spawn(program ?? client.program, words, { stdio: 'inherit', env: { ...process.env, ...client.env } });
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject).once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CliError(`'${program}' is not installed here. Install it, or use --print dsn with a client of yours.`, undefined, {
      cause,
    });
  } finally {
    process.off('SIGINT', ignore);
  }
}
