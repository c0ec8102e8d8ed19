/** What clients of git start on the other side. */
export type GitService = 'receive-pack' | 'upload-pack' | 'upload-archive';

/** A call of git as clients make it over SSH. */
export interface GitCall {
  readonly service: GitService;
  /** As the target will read it, without quotes. */
  readonly path: string;
}

const CALL = /^git[- ](receive-pack|upload-pack|upload-archive) (.+)$/su;

/** A path that means itself to every shell. A leading `~` means a home to the shell as it does to git. */
const PLAIN = /^[~\p{L}\p{N}/._][\p{L}\p{N}/._~@%+=:,-]*$/u;

/** git's own quoting: `'` and `!` stand outside the quotes, behind a backslash. */
const QUOTED = /^'[^'!]*'(?:\\['!]'[^'!]*')*$/su;

/**
 * Reads an exec string that is a call of git and nothing else.
 *
 * @returns undefined where a shell could read more in it: options, variables, several commands, quotes other than git's.
 */
export function parseGitCall(command: string): GitCall | undefined {
  const [, service, word = ''] = CALL.exec(command) ?? [];
  if (service === undefined) return undefined;
  const path = PLAIN.test(word) ? word : unquoted(word);
  if (path === undefined || path === '' || path.startsWith('-') || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\uFFFD]/u.test(path)) return undefined;
  return { service: service as GitService, path };
}

function unquoted(word: string): string | undefined {
  if (!QUOTED.test(word)) return undefined;
  return word.slice(1, -1).replace(/'\\(['!])'/g, '$1');
}
