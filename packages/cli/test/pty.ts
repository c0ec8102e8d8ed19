import { spawn } from 'node:child_process';
import { once } from 'node:events';

const HEARD_MS = 30_000;

/** A program in a terminal of its own. */
export interface InTerminal {
  /** All that it wrote so far. */
  readonly said: string;
  type(keys: string): void;
  /** Waits for a text that comes behind what was heard before. @throws Error when it does not come in time */
  hear(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Runs a shell's command line on a pseudo-terminal, by util-linux's `script`. */
export function inTerminal(
  line: string,
  size: { readonly columns: number; readonly rows: number },
  env: Readonly<Record<string, string>>,
): InTerminal {
  const child = spawn('script', ['-qefc', `stty rows ${size.rows} cols ${size.columns}; exec ${line}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm-256color', ...env },
  });
  let said = '';
  let heard = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    ended,
    get said() {
      return said;
    },
    type: (keys) => void child.stdin.write(keys),
    async hear(text) {
      for (const giveUp = Date.now() + HEARD_MS; !said.includes(text, heard); ) {
        if (Date.now() > giveUp || child.exitCode !== null)
          throw new Error(`${JSON.stringify(text)} was not heard: ${JSON.stringify(said)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      heard = said.indexOf(text, heard) + text.length;
    },
  };
}

/** A word for the shell, whatever is in it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
