import { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { parseDuration } from '../output/duration.ts';
import { ReplayPrinter } from '../output/replay.ts';
import { print, terminalWidth } from '../output/terminal.ts';
import { Pace } from '../pace.ts';
import { findSession } from '../session-names.ts';
import { loadSite, type SiteOptions, withStore } from '../site.ts';

interface Options extends SiteOptions {
  readonly speed?: number;
  readonly wait: boolean;
  readonly from: number;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('show a session again: its statements and what came back, in its own time')
    .argument('<id>', 'an id, the beginning of one, or `last`')
    .option('--speed <number>', 'so many times as fast; 0: at once (default: 1 in a terminal, else 0)', parseSpeed)
    .option('--no-wait', 'the same as --speed 0')
    .option('--from <duration>', 'begin so long after the start of the session', parseDuration, 0)
    .action((name: string, _: Options, command: Command) => replaySession(name, command.optsWithGlobals<Options>()));
}

async function replaySession(name: string, options: Options): Promise<void> {
  const { replay } = await import('@sallyport/recording');
  const site = await loadSite(options);
  await withStore(site, 'read', async (store) => {
    const session = await findSession(store, name);
    const protocol = site.protocols.find((each) => each.name === session.protocol);
    if (protocol === undefined) throw new CliError(`This command does not speak '${session.protocol}'.`);
    const printer = new ReplayPrinter(session, terminalWidth());
    const begin = session.startedAt + options.from;
    const speed = options.wait ? (options.speed ?? (process.stdout.isTTY ? 1 : 0)) : 0;
    const pace = new Pace(begin, speed);
    await print(printer.head());
    for await (const replayed of replay(store, session.id, (frames) => protocol.decodeRecording(frames))) {
      const text = printer.show(replayed);
      if (replayed.at < begin || text === '') continue;
      await pace.until(replayed.at);
      await print(text);
    }
    await print(printer.end());
  });
}

function parseSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed >= 0 && speed <= 1_000)) throw new CliError(`'${text}' is no speed. Write a number from 0 to 1000.`, EXIT.usage);
  return speed;
}
