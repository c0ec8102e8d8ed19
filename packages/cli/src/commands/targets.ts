import { Command } from 'commander';
import type { ReachableTarget } from '../endpoint.ts';
import { printListing } from '../output/terminal.ts';
import { openApi, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly json?: boolean;
}

export function targetsCommand(): Command {
  return new Command('targets')
    .description('list the targets that you may reach')
    .option('--json', 'as JSON')
    .action(async (_: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const targets = await (await openApi(options, 'connect')).get<readonly ReachableTarget[]>('/api/v1/targets');
      const columns = [{ title: 'target' }, { title: 'protocol' }, { title: 'address' }, { title: 'database' }, { title: 'labels' }];
      await printListing(targets, options, columns, (target) => [
        target.name,
        target.protocol,
        `${target.host}:${target.port}`,
        target.database,
        Object.entries(target.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
      ]);
    });
}
