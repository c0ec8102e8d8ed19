import { text } from 'node:stream/consumers';
import type { Rehearsal } from '@sallyport/gateway';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { inColour } from '../output/state.ts';
import { print } from '../output/terminal.ts';
import { toJson, visible } from '../output/visible.ts';
import { loadSite, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly user: string;
  readonly target: string;
  readonly json?: boolean;
}

const ACCESS: Readonly<Record<Rehearsal['access'], string>> = {
  open: 'open',
  approval: 'waits for an approval at every sign-in; the ruling is for after it',
  none: 'none',
};

export function policyCommand(): Command {
  const command = new Command('policy').description('try rules without a connection');
  command
    .command('test')
    .description('say what would happen to a command, by which rule and why; exits 0 for any ruling')
    .argument('[command...]', "the command, for example 'DROP TABLE orders' (default: standard input)")
    .requiredOption('--user <name>', 'who asks')
    .requiredOption('--target <name>', 'where')
    .option('--json', 'as JSON')
    .action((words: string[], _: Options, self: Command) => test(words, self.optsWithGlobals<Options>()));
  return command;
}

async function test(words: readonly string[], options: Options): Promise<void> {
  if (words.length === 0 && process.stdin.isTTY) throw new CliError('What to judge? Write the command behind the options.', EXIT.usage);
  const command = words.length > 0 ? words.join(' ') : await text(process.stdin);
  const { rehearse } = await import('@sallyport/gateway');
  const site = await loadSite(options);
  const result = await rehearse(site.config, site.protocols, { user: options.user, target: options.target, command });
  await Promise.all(site.protocols.map((protocol) => protocol.close()));
  if (options.json === true) return print(`${toJson(result, 2)}\n`);
  const lines: readonly (readonly [string, string])[] = [
    ['ruling', inColour(result.ruling)],
    ['access', ACCESS[result.access]],
    ['rules', result.rule.map(visible).join(', ') || (result.access === 'none' ? 'none: access decides' : 'none: the defaults decide')],
    ['class', result.class.join(', ')],
    ['verb', result.verb.join(', ')],
    ['relations', result.relations.map(visible).join(', ') || 'none'],
    ...Object.entries(result.objects ?? {}).map(([key, names]) => [key, names.map(visible).join(', ')] as const),
    ...(result.unfiltered ? [['unfiltered', 'reaches every row'] as const] : []),
    ...result.shadow.map((each) => ['shadow', `${visible(each.rule)} would ${each.would}`] as const),
    ['reason', visible(result.reason)],
    ...(result.message === null ? [] : [['message', visible(result.message)] as const]),
  ];
  await print(lines.map(([name, value]) => `${name.padEnd(10)}  ${value}\n`).join(''));
}
