import { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { counted } from '../output/count.ts';
import { print, say } from '../output/terminal.ts';
import { toJson } from '../output/visible.ts';
import { loadProtocols } from '../protocols.ts';
import { findConfig, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly json?: boolean;
}

export function configCommand(): Command {
  const command = new Command('config').description('check the configuration and say what may stand in it');
  command
    .command('check')
    .description('say with line and column what is wrong, and what is suspicious')
    .argument('[file]', 'instead of --config')
    .option('--json', 'as JSON')
    .action((file: string | undefined, _: Options, self: Command) => check(file, self.optsWithGlobals<Options>()));
  command.command('schema').description('print the JSON Schema of the configuration').action(schema);
  return command;
}

async function check(named: string | undefined, options: Options): Promise<void> {
  const file = findConfig(named === undefined ? options : { config: named });
  if (file === undefined) throw new CliError('There is no sallyport.yaml here. Name a file: sallyport config check FILE.');
  const { ConfigError, formatProblem, loadConfig } = await import('@sallyport/gateway');
  try {
    const config = await loadConfig(file, await loadProtocols());
    if (options.json === true) return print(`${toJson({ ok: true, problems: [], warnings: config.warnings }, 2)}\n`);
    for (const warning of config.warnings) say(`warning: ${formatProblem(warning)}`);
    await print(
      `${file} is valid: ${counted(config.targets.length, 'target')}, ${counted(config.users.length, 'user')}, ${counted(config.policy.rules.length, 'rule')}, ${counted(config.masks.length, 'mask')}.\n`,
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.exitCode = EXIT.failed;
    if (options.json === true) return print(`${toJson({ ok: false, problems: error.problems, warnings: [] }, 2)}\n`);
    say(error.message);
  }
}

async function schema(): Promise<void> {
  const { configSchema } = await import('@sallyport/gateway');
  await print(`${toJson(configSchema(await loadProtocols()), 2)}\n`);
}
