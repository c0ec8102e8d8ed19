import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CliError } from '../exit.ts';
import type { InitOptions } from '../init/answers.ts';
import { formatDuration } from '../output/duration.ts';
import { print, say } from '../output/terminal.ts';
import { toJson } from '../output/visible.ts';
import { loadProtocols } from '../protocols.ts';

interface Options extends InitOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function initCommand(): Command {
  return new Command('init')
    .description('look at a database or service that exists, and write a first configuration for it; asks for what is not said')
    .argument(
      '[dsn]',
      "a connection string, such as postgresql://app@db.internal/shop, or https://api.example.com (default: the client's environment, PGHOST and the like)",
    )
    .option('--name <name>', 'what clients call the target')
    .option('--listen <address>', 'where clients connect (default: 127.0.0.1 and a free port)')
    .option('--admin <address>', 'where the API listens (default: 127.0.0.1 and a free port)')
    .option('--protocol <protocol>', 'what the target speaks, where the connection string does not tell')
    .addOption(
      new Option('--tls <mode>', 'TLS towards the target (default: the strongest that works)').choices([
        'disable',
        'require',
        'verify-full',
      ]),
    )
    .option('--ca <file>', 'the CA of its certificate (PEM)')
    .option('--password-env <name>', 'keep the password in this variable instead of a file')
    .option('--person <name>', 'the first person who connects')
    .option('--agent <name>', 'the first agent that connects')
    .option('--approver <name>', 'somebody else, who approves what is held')
    .option('--shadow', 'rules only watch and stop nothing; masks mask all the same')
    .option('--sample', 'look at a few values of text columns too, for what names do not tell')
    .option('--out <file>', 'where the configuration goes', 'sallyport.yaml')
    .option('--force', 'replace what is there')
    .option('--yes', 'ask nothing')
    .option('--json', 'as JSON')
    .action((dsn: string | undefined, _: Options, command: Command) => init(dsn, command.optsWithGlobals<Options>()));
}

async function init(dsn: string | undefined, options: Options): Promise<void> {
  const began = Date.now();
  const [{ begin }, { begunJson, renderBegun, renderDiscovery, written }] = await Promise.all([
    import('../init/begin.ts'),
    import('../init/summary.ts'),
  ]);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new CliError('Interrupted. Nothing was written.'));
  process.once('SIGINT', interrupt);
  const ask = process.stdin.isTTY && options.yes !== true ? await (await import('../init/ask.ts')).terminalAsk() : undefined;
  const begun = await begin({
    dsn,
    options,
    file: resolve(options.out),
    protocols: await loadProtocols(),
    ask,
    say,
    signal: interrupted.signal,
    show: async (found) => (options.json === true ? undefined : print(renderDiscovery(found))),
  });
  process.off('SIGINT', interrupt);
  if (options.json === true) return print(`${toJson(begunJson(begun), 2)}\n`);
  say(`${written(begun)} It took ${formatDuration(Date.now() - began)}.\n`);
  await print(renderBegun(begun));
}
