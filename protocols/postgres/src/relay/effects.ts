import type { Analysis, StatementAnalysis } from '../classify/analysis.ts';
import type { Conversation } from './conversation.ts';
import { mayAlter } from './meaning.ts';
import { type Effect, effect } from './replies.ts';

/** What the statements of a text do to names, once the target says that they are done. */
export function effectsOf(conversation: Conversation, text: string, analysis: Analysis): readonly (readonly Effect[])[] {
  return analysis.statements.map((statement) => statementEffects(conversation, text, analysis, statement));
}

function statementEffects(conversation: Conversation, text: string, analysis: Analysis, statement: StatementAnalysis): Effect[] {
  const { statements, portals, group } = conversation;
  const { prepare, deallocate, cursor } = statement;
  const effects: Effect[] = [];
  if (prepare !== undefined) {
    const value = { text: prepare.text, analysis: { ...analysis, statements: [prepare.statement] }, parameterTypes: [] };
    effects.push(effect(statements, { name: prepare.name, value, group }));
  }
  if (deallocate !== undefined)
    effects.push(effect(statements, { ...(deallocate.name !== undefined && { name: deallocate.name }), group }));
  if (cursor?.act === 'declare') {
    const query = { text, analysis: { ...analysis, statements: [statement] }, parameterTypes: [] };
    effects.push(effect(portals, { name: cursor.name, value: { statement: query, cursor: true, size: 0, described: false }, group }));
  }
  if (cursor?.act === 'close') effects.push(effect(portals, { ...(cursor.name !== '*' && { name: cursor.name }), group }));
  return effects;
}

/** Settings that decide how texts are cut into tokens. RESET ALL changes them too. */
const LEXING = new Set(['standard_conforming_strings', 'client_encoding', 'all']);

/** What comes behind it cannot be understood before it is answered. */
export function unsettles(analysis: Analysis): boolean {
  return (
    analysis.failure !== undefined ||
    analysis.statements.some((statement) => mayAlter(statement) || statement.sets.some((name) => LEXING.has(name)))
  );
}
