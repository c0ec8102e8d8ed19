import type { Analysis, StatementAnalysis } from './analysis.ts';
import { expression, expressions } from './expressions.ts';
import type { Parse } from './parse.ts';

/** PREPARE name FROM '…'; the verb is stepped over. */
export function prepare(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('PREPARE');
  survey.add('session');
  const name = cursor.name().toLowerCase();
  cursor.expect('FROM');
  const text = wholeLiteral(parse);
  if (text === undefined) {
    survey.unknown('PREPARE takes its text from a variable, which cannot be followed: write it as a literal.');
    expression(parse);
    return;
  }
  const analysis = parse.grammar.text(parse, text);
  if (parse.inner) runs(parse, analysis);
  else parse.outermost.prepare = { name, text, analysis };
}

/** The literal that is all the rest of the statement. */
function wholeLiteral({ cursor }: Parse): string | undefined {
  const text = cursor.literal();
  if (text === undefined || (cursor.at + 1 < cursor.tokens.count && cursor.ahead(1) !== ';' && cursor.ahead(1) !== 'USING'))
    return undefined;
  cursor.at += 1;
  return text;
}

/** EXECUTE name [USING …]; the verb is stepped over. */
export function execute(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('EXECUTE');
  const name = cursor.name().toLowerCase();
  const own = parse.apart(() => using(parse));
  survey.absorb(own);
  survey.copies ||= own.reads > 0;
  if (!parse.inner) parse.outermost.execute = { name, class: [...own.classes] };
  survey.add(...own.classes);
  survey.unknown('EXECUTE runs a prepared statement that is not known here.');
  survey.unsettles = true;
}

function using(parse: Parse): void {
  if (parse.cursor.accept('USING')) expressions(parse);
}

/** EXECUTE IMMEDIATE '…' [USING …]; both words are stepped over. */
export function executeImmediate(parse: Parse): void {
  const { survey } = parse;
  parse.called('EXECUTE IMMEDIATE');
  const text = wholeLiteral(parse);
  if (text === undefined) {
    survey.unknown('EXECUTE IMMEDIATE takes its text from an expression, which cannot be followed: write it as a literal.');
    survey.copies = true;
    survey.unsettles = true;
    expression(parse, USING);
  } else runs(parse, parse.grammar.text(parse, text));
  using(parse);
}

const USING: ReadonlySet<string> = new Set(['USING']);

/** Takes in what a text does that runs with this statement. */
function runs({ survey }: Parse, { statements, failure }: Analysis): void {
  if (failure !== undefined) survey.unknown(failure);
  if (statements.length !== 1) survey.unknown('A prepared text holds one statement.');
  for (const statement of statements) {
    survey.add(...statement.class);
    for (const verb of statement.verbs) survey.verbs.add(verb);
    survey.relationsOf(statement.relations);
    for (const routine of statement.routines) survey.routine(routine);
    for (const alias of statement.aliases) survey.aliases.add(alias);
    survey.sets.push(...statement.sets);
    survey.unfiltered ||= statement.unfiltered;
    survey.copies ||= statement.copies;
    survey.collected ||= statement.collected;
    survey.opaque ||= statement.opaque;
    survey.assigns ||= statement.assigns;
    survey.secret ||= statement.secret;
    survey.unsettles ||= statement.unsettles || statement.database !== undefined;
    survey.reason ??= statement.reason;
  }
}

/** DEALLOCATE PREPARE name, DROP PREPARE name. @param behindPrepare both words are stepped over */
export function deallocate(parse: Parse, behindPrepare = false): void {
  const { cursor, survey } = parse;
  if (!behindPrepare) cursor.expect('PREPARE');
  parse.called('DEALLOCATE');
  survey.add('session');
  const name = cursor.name().toLowerCase();
  if (!parse.inner) parse.outermost.deallocate = name;
}

/**
 * EXECUTE with what it runs put in; anything else as it is.
 *
 * @param prepared the analysis that PREPARE of that name had
 */
export function withPrepared(statement: StatementAnalysis, prepared: Analysis): StatementAnalysis {
  const [only, ...others] = prepared.statements;
  if (statement.execute === undefined || only === undefined || others.length > 0 || prepared.failure !== undefined) return statement;
  const { reason: _reason, execute, ...own } = statement;
  const { stores, ...rest } = only;
  return {
    ...rest,
    ...(stores !== undefined && !own.copies && { stores }),
    verb: own.verb,
    verbs: [...new Set([...own.verbs, ...only.verbs])],
    class: [...new Set([...execute.class, ...only.class])],
    copies: only.copies || own.copies,
    unsettles: only.unsettles || only.database !== undefined,
    start: own.start,
    end: own.end,
  };
}
