import type { SessionRow } from '@sallyport/core';
import type { Replayed } from '@sallyport/recording';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { parseChannel } from '../output/channel-number.ts';
import { parseDuration } from '../output/duration.ts';
import type { ReplayPrinter } from '../output/replay.ts';
import { print, say, terminalWidth } from '../output/terminal.ts';
import type { TerminalPlayer } from '../output/terminal-player.ts';
import { Pace } from '../pace.ts';
import { findSession } from '../session-names.ts';
import { decoderOf, loadSite, type SiteOptions, withStore } from '../site.ts';

interface Options extends SiteOptions {
  readonly speed?: number;
  readonly wait: boolean;
  readonly from: number;
  readonly idle?: number;
  readonly channel?: number;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('show a session again, in its own time: statements and what came back, or its terminal')
    .argument('<id>', 'an id, the beginning of one, or `last`')
    .option('--speed <number>', 'so many times as fast; 0: at once (default: 1 in a terminal, else 0)', parseSpeed)
    .option('--no-wait', 'the same as --speed 0')
    .option('--from <duration>', 'begin so long after the start of the session', parseDuration, 0)
    .option('--idle <duration>', 'pauses last so long at most (default: 2s)', parseDuration)
    .option('--channel <number>', 'only this channel of an SSH session (default in a terminal: the first that has one)', parseChannel)
    .action((name: string, _: Options, command: Command) => replaySession(name, command.optsWithGlobals<Options>()));
}

async function replaySession(name: string, options: Options): Promise<void> {
  const [{ replay }, { ReplayPrinter }, { TerminalPlayer }] = await Promise.all([
    import('@sallyport/recording'),
    import('../output/replay.ts'),
    import('../output/terminal-player.ts'),
  ]);
  const site = await loadSite(options);
  await withStore(site, 'read', async (store) => {
    const session = await findSession(store, name);
    const decode = decoderOf(site, session.protocol);
    const printer = new ReplayPrinter(session, terminalWidth(), options.channel);
    const player = process.stdout.isTTY ? new TerminalPlayer(session.startedAt + options.from, options.channel) : undefined;
    await print(printer.head());
    const replayed = replay(store, session.id, decode);
    await show(replayed, session, options, printer, player);
    await print((player?.end() ?? '') + printer.end());
  });
}

/** @param player plays what is a terminal's; while one is open, nothing else is shown. */
async function show(
  all: AsyncIterable<Replayed>,
  session: SessionRow,
  options: Options,
  printer: ReplayPrinter,
  player: TerminalPlayer | undefined,
): Promise<void> {
  const begin = session.startedAt + options.from;
  const speed = options.wait ? (options.speed ?? (process.stdout.isTTY ? 1 : 0)) : 0;
  const pace = new Pace(begin, speed, options.idle);
  const leave = (): void => {
    process.stdout.write(player?.end() ?? '');
    process.kill(process.pid, 'SIGINT');
  };
  process.once('SIGINT', leave);
  let told = false;
  for await (const replayed of all) {
    // The screen of the beginning is there at once, before the first pause.
    if (player?.playing === true && replayed.at >= begin) await print(await player.catchUp());
    const played = replayed.kind === 'item' ? await player?.play(replayed.item) : undefined;
    if (player?.playing === true && !told) {
      told = true;
      sayWhereSmaller(player.size);
    }
    const text = played ?? (player?.playing === true ? '' : printer.show(replayed));
    // The end of a terminal is shown in any case: it brings the own one back.
    if (text === '' || (played === undefined && replayed.at < begin)) continue;
    await pace.until(replayed.at);
    await print(text);
  }
  process.off('SIGINT', leave);
}

function sayWhereSmaller({ columns, rows }: TerminalPlayer['size']): void {
  const { stdout } = process;
  if (stdout.columns >= columns && stdout.rows >= rows) return;
  say(
    `The session's terminal had ${columns}x${rows} characters, yours has ${stdout.columns}x${stdout.rows}: lines may stand in other places.`,
  );
}

function parseSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed >= 0 && speed <= 1_000)) throw new CliError(`'${text}' is no speed. Write a number from 0 to 1000.`, EXIT.usage);
  return speed;
}
