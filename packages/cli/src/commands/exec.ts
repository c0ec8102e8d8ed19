import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Command } from 'commander';
import type { Api } from '../api.ts';
import { openWay, type Way } from '../endpoint.ts';
import { CliError, EXIT } from '../exit.ts';
import { parseDuration } from '../output/duration.ts';
import { csvPrinter, jsonPrinter, printItem, type ResultPrinter, tablePrinter } from '../output/results.ts';
import { print, readerHasGone, say, terminalWidth } from '../output/terminal.ts';
import { visible } from '../output/visible.ts';
import { openApi, type SiteOptions } from '../site.ts';
import { Wait } from '../wait.ts';

/** Each cancels at the target what runs there: Ctrl-C, and what `timeout` and a reader that has gone send. */
const INTERRUPTIONS = ['SIGINT', 'SIGTERM'] as const;

interface Options extends SiteOptions {
  readonly database?: string;
  readonly file?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly wait?: number;
}

/** What to run, and what it reads, where it reads anything. */
interface Program {
  readonly text: string;
  readonly input: Readable | undefined;
}

export function execCommand(): Command {
  return new Command('exec')
    .description('run commands at a target and print what comes back')
    .argument('<target>', 'a name that `sallyport targets` lists')
    .argument('[command...]', "after --: the command, for example -- 'SELECT 1' (default: standard input)")
    .option('--database <name>', 'another database than the default')
    .option('--file <file>', 'read the commands from a file')
    .option('--json', 'rows as an array of objects')
    .option('--csv', 'rows as CSV')
    .option('--wait <duration>', "how long to wait for an approval (default: as long as the approval's own time)", parseDuration)
    .action(async (target: string, words: string[], _: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const printer = choosePrinter(options);
      const text = await readCommand(words, options);
      const api = await openApi(options, 'connect');
      const input = words.length > 0 && !process.stdin.isTTY ? process.stdin : undefined;
      const way = await openWay(api, target, options.database);
      const written = text ?? words.join(way.protocol.wordSeparator ?? ' ');
      await execute(api, way, { text: written, input }, printer, options.wait);
    });
}

async function execute(api: Api, way: Way, { text, input }: Program, printer: ResultPrinter, waitMs: number | undefined): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new CliError('Interrupted.'));
  for (const each of INTERRUPTIONS) process.once(each, interrupt);
  const wait = new Wait(api, waitMs);
  const signal = AbortSignal.any([interrupted.signal, wait.signal]);
  try {
    for await (const item of way.protocol.exec(way.endpoint, text, signal, input)) {
      if (item.type === 'notice') {
        say(`notice: ${visible(item.message)}`);
        wait.noticed(item.message, item.lasting);
        continue;
      }
      if (item.type === 'exit') process.exitCode = item.status;
      if (item.type === 'output' && item.stream === 'stderr') {
        process.stderr.write(item.data);
        wait.noticed(item.data.toString());
        continue;
      }
      wait.over();
      if (item.type === 'answer') say(visible(`HTTP/${item.version} ${item.status} ${item.reason}`.trimEnd()));
      await print(printItem(printer, item));
      if (item.type === 'done' && item.tag !== '') say(visible(item.tag));
    }
    await print(printer.end());
  } catch (error) {
    if (readerHasGone()) return;
    throw signal.aborted ? signal.reason : error;
  } finally {
    wait.over();
    for (const each of INTERRUPTIONS) process.off(each, interrupt);
    await way.protocol.close();
  }
}

function choosePrinter(options: Options): ResultPrinter {
  if (options.json === true && options.csv === true) throw new CliError('Choose one of --json and --csv.', EXIT.usage);
  if (options.json === true) return jsonPrinter();
  return options.csv === true ? csvPrinter() : tablePrinter(terminalWidth(), !process.stdout.isTTY);
}

/** @returns undefined: the words are the command. */
async function readCommand(words: readonly string[], options: Options): Promise<string | undefined> {
  if (words.length > 0 && options.file !== undefined) throw new CliError('Give the command or --file, not both.', EXIT.usage);
  if (words.length > 0) return undefined;
  if (options.file !== undefined && options.file !== '-') return readCommandFile(options.file);
  if (process.stdin.isTTY) throw new CliError("What to run? Write it after --, for example: -- 'SELECT 1'.", EXIT.usage);
  return decode(await buffer(process.stdin), 'Standard input');
}

async function readCommandFile(file: string): Promise<string> {
  return decode(await readBytes(file), `'${file}'`);
}

/** A replaced byte would be stored as such, and a zero byte ends a text on the wire. A byte order mark is no part of it. */
function decode(bytes: Buffer, name: string): string {
  if (!isUtf8(bytes)) throw new CliError(`${name} is not UTF-8: convert it, for example with iconv.`);
  if (bytes.includes(0)) throw new CliError(`${name} holds a zero byte, which no command may: is it text?`);
  return new TextDecoder().decode(bytes);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new CliError(code === 'ENOENT' ? `There is no file '${file}'.` : `'${file}' cannot be read (${code ?? 'unknown'}).`, undefined, {
      cause,
    });
  }
}
