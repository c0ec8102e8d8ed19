import { CliError } from '../exit.ts';

/** Who answers questions: a person at a terminal, or a test. */
export interface Ask {
  /** @param check says what is wrong with an answer; it is asked again then. */
  text(message: string, fallback?: string, check?: (answer: string) => string | undefined): Promise<string>;
  /** Shows nothing of what is typed. */
  secret(message: string): Promise<string>;
  confirm(message: string, fallback: boolean): Promise<boolean>;
}

/** The person at this terminal. Questions go to stderr: stdout is the result's. */
export async function terminalAsk(): Promise<Ask> {
  const { confirm, input, password } = await import('@inquirer/prompts');
  const context = { output: process.stderr };
  return {
    text: (message, fallback, check = () => undefined) => {
      const validate = (answer: string): string | true => (answer.trim() === '' ? 'An answer is needed.' : (check(answer.trim()) ?? true));
      return kept(input({ message, validate, ...(fallback !== undefined && { default: fallback }) }, context)).then((answer) =>
        answer.trim(),
      );
    },
    secret: (message) => kept(password({ message }, context)),
    confirm: (message, fallback) => kept(confirm({ message, default: fallback }, context)),
  };
}

/** Ctrl-C is an answer too. */
async function kept<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if ((cause as Error).name === 'ExitPromptError') throw new CliError('Nothing was written.', undefined, { cause });
    throw cause;
  }
}
