import { parentPort } from 'node:worker_threads';
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import { type Analysed, analyseStatement } from './analyse.ts';
import { bindingsOf } from './bindings.ts';
import { complexity } from './complexity.ts';
import { Literals } from './literals.ts';
import type { TreeNode } from './tree.ts';

/** What the worker answers: `statements` as JSON text, or why the text could not be understood. */
export type WorkerAnswer =
  | { readonly statements: string; readonly byValue: boolean }
  /** `broken`: the parser itself failed and is not to be trusted any more. `syntax`: the text is no SQL. */
  | { readonly failure: string; readonly broken: boolean; readonly syntax?: true };

/** `ready`, once, when texts are taken; then an answer for each text. */
export type WorkerMessage = 'ready' | WorkerAnswer;

function answer(text: string): WorkerAnswer {
  const refusal = complexity(text);
  if (refusal !== undefined) return { failure: refusal, broken: false };
  try {
    const analysed = analyseText(text);
    return { statements: JSON.stringify(analysed.map(({ statement }) => statement)), byValue: analysed.some(({ byValue }) => byValue) };
  } catch (error) {
    if (hasSqlDetails(error))
      return { failure: `The statement cannot be parsed: ${withoutValues(error.message)}.`, broken: false, syntax: true };
    const what = error instanceof Error ? error.name : 'error';
    return { failure: `The statement is too complex to be understood (${what}).`, broken: true };
  }
}

/** The parser quotes the text around an error, which may be a literal. */
function withoutValues(message: string): string {
  return message.replace(/ at or near ".*$/s, '').replaceAll(/".*"/gs, 'a part of it');
}

function analyseText(text: string): Analysed[] {
  if (text === '') return [];
  const bytes = Buffer.from(text);
  const literals = new Literals(text);
  return (parseSync(text).stmts ?? []).map(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    const own = bytes.toString('utf8', start, length ? start + length : undefined);
    const [tag, fields] = Object.entries(stmt ?? {})[0] ?? ['?', {}];
    const node = { tag, fields: fields as TreeNode['fields'] };
    const { statement, byValue } = analyseStatement(node, own);
    const bindings = bindingsOf(node, literals);
    return { statement: bindings ? { ...statement, bindings } : statement, byValue };
  });
}

await loadModule();
const post = (message: WorkerMessage): void => parentPort?.postMessage(message);
post('ready');
parentPort?.on('message', (text: string) => post(answer(text)));
