import { type ArgumentPath, argumentPath } from './argument-path.ts';
import type { Word } from './shell-words.ts';

/** The far side of an rsync. */
export interface RsyncCommand {
  readonly program: 'rsync';
  /** `download`: the target sends (`--sender`). */
  readonly direction: 'upload' | 'download';
  /** What is sent or written to, and further directories that options name. */
  readonly paths: readonly ArgumentPath[];
  /** Removes files of the target: what the client has not, or what was sent. */
  readonly removes: boolean;
}

/** One-letter options that only say how to compare and copy; behind `e` the client tells what it can do. Not `s`: it hides the paths. */
const SHORT = /^-[vqbunlLkKdHogDtUOJNpEAXWIRrmyScCzx]*(?:e[0-9]*\.[0-9]*[a-zA-Z]*)?$|^-B[0-9]+$/;

/** Long options that only say how to compare and copy. */
const HARMLESS = new Set(
  `append append-verify existing ignore-existing ignore-missing-args ignore-errors force inplace partial numeric-ids
  size-only safe-links copy-unsafe-links no-implied-dirs no-r no-W no-g no-o no-D no-p no-t no-l no-whole-file whole-file
  omit-link-times omit-dir-times list-only stats from0 fsync mkpath preallocate sparse super delay-updates fuzzy use-qsort open-noatime
  new-compress old-compress compress msgs2stderr no-msgs2stderr no-inc-recursive inc-recursive one-file-system munge-links trust-sender`
    .trim()
    .split(/\s+/),
);
const HARMLESS_VALUES = new Set(
  `bwlimit timeout block-size max-size min-size max-alloc max-delete modify-window compress-level compress-choice checksum-choice
  checksum-seed log-format out-format info debug skip-compress iconv suffix files-from usermap groupmap chown stop-after
  stop-at zc zl cc contimeout`
    .trim()
    .split(/\s+/),
);
const REMOVING = new Set(
  `delete delete-before delete-during delete-after delete-delay delete-excluded delete-missing-args remove-source-files remove-sent-files`.split(
    ' ',
  ),
);
/** Directories that rsync reads from or writes into besides its paths. */
const PLACES = new Set(`temp-dir partial-dir backup-dir compare-dest copy-dest link-dest`.split(' '));

interface Options {
  sender: boolean;
  removes: boolean;
  readonly places: Word[];
}

/** `rsync --server [--sender] OPTIONS . PATH…`; undefined for anything else, such as options that are not known here. */
export function rsyncCommand(words: readonly Word[], home: string | undefined): RsyncCommand | undefined {
  const [program, server, ...rest] = words;
  if (text(program) !== 'rsync' || text(server) !== '--server') return undefined;
  const options: Options = { sender: false, removes: false, places: [] };
  while (text(rest[0]).startsWith('-')) if (!takeOption(rest, options)) return undefined;
  if (text(rest.shift()) !== '.' || rest.length === 0) return undefined;
  if ([...rest, ...options.places].some(({ pattern }) => pattern)) return undefined;

  const own = rest.map((word) => argumentPath(word, home));
  // Options name places from the destination on.
  const base = options.sender ? home : own[0]?.certain ? own[0].path : undefined;
  const paths = [...own, ...options.places.map((word) => argumentPath(word, base))];
  const known = paths.filter((path) => path !== undefined);
  if (known.length < paths.length) return undefined;
  return { program: 'rsync', direction: options.sender ? 'download' : 'upload', paths: known, removes: options.removes };
}

/** Takes an option, and its value if that is a word of its own. False: it is not known. */
function takeOption(words: Word[], options: Options): boolean {
  const word = words.shift() as Word;
  const option = text(word);
  if (word.pattern) return false;
  if (!option.startsWith('--')) return SHORT.test(option);
  const equals = option.indexOf('=');
  const name = option.slice(2, equals < 0 ? undefined : equals);
  if (name === 'sender' && equals < 0) options.sender = true;
  else if (REMOVING.has(name) && equals < 0) options.removes = true;
  else if (PLACES.has(name)) {
    const value = equals < 0 ? words.shift() : { ...word, bytes: word.bytes.subarray(equals + 1) };
    if (value === undefined) return false;
    options.places.push(value);
  } else if (name === 'files-from') return option === '--files-from=-';
  else return equals < 0 ? HARMLESS.has(name) : HARMLESS_VALUES.has(name);
  return true;
}

function text(word: Word | undefined): string {
  return word?.bytes.toString('latin1') ?? '';
}
