import { Command, Option } from 'commander';
import { counted } from '../output/count.ts';
import { print } from '../output/terminal.ts';
import type { LogLevel } from '../running-gateway.ts';
import { loadSite, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly logLevel: LogLevel;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the gateway: SIGHUP reloads the configuration, SIGTERM lets sessions finish and ends')
    .addOption(
      new Option('--log-level <level>', 'what to log to stderr').choices(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    )
    .action(async (_: Options, command: Command) => serve(command.optsWithGlobals<Options>()));
}

async function serve(options: Options): Promise<void> {
  const { openServingStore, startGateway, untilSignal } = await import('../running-gateway.ts');
  const site = await loadSite(options);
  const running = await startGateway(site, await openServingStore(site.config.dataDir), options.logLevel);
  const ready = `Sallyport is ready: ${counted(site.config.targets.length, 'target')}, admin API on http://${site.config.admin.listen}.\n`;
  try {
    await Promise.all([untilSignal(running), print(ready)]);
  } finally {
    await running.stop();
  }
}
