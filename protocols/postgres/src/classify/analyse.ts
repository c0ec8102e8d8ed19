import type { CommandClass } from '@sallyport/core';
import type { StatementAnalysis } from './analysis.ts';
import { alterationStores, definitionStores, isOwnType, reads } from './copies.ts';
import { copyOf } from './copy-statement.ts';
import { outputsOf, storedOf } from './outputs.ts';
import { isOn, utilityKind } from './statements.ts';
import { Survey } from './survey.ts';
import { behindAs } from './text.ts';
import { child, children, nameParts, offspring, some, type TreeNode, textOf } from './tree.ts';

/** One statement's analysis, and whether it holds only for the text's exact literals. */
export interface Analysed {
  readonly statement: StatementAnalysis;
  readonly byValue: boolean;
}

type Extra = Partial<Pick<StatementAnalysis, 'outputs' | 'flat' | 'stored' | 'copy' | 'prepare' | 'execute' | 'cursor' | 'deallocate'>>;

const QUERIES = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** Says what one statement does. @param text the statement's own text. */
export function analyseStatement(node: TreeNode, text: string): Analysed {
  if (QUERIES.has(node.tag)) return query(node);
  switch (node.tag) {
    case 'VariableSetStmt':
      return variableSet(node);
    case 'ExplainStmt':
      return explain(node, text);
    case 'ExecuteStmt':
      return execute(node);
    case 'CreateTableAsStmt':
      return createTableAs(node);
    case 'DoStmt':
      return arbitraryCode(node, 'DO', 'DO runs code that cannot be followed.');
    case 'CallStmt':
      return arbitraryCode(node, 'CALL', 'CALL runs a procedure that cannot be followed.');
    case 'CreateSchemaStmt':
      return createSchema(node);
    case 'PrepareStmt':
      return prepare(node, text);
    default:
      return utility(node, text);
  }
}

function finish(verb: string, survey: Survey, extra: Extra = {}, byValue = true): Analysed {
  const statement: StatementAnalysis = {
    verb,
    verbs: [...new Set([verb, ...survey.verbs])],
    class: [...survey.classes],
    relations: [...survey.relations.values()],
    routines: [...survey.routines.values()],
    unfiltered: survey.unfiltered,
    copies: survey.copies,
    converts: survey.converts,
    flat: false,
    sets: [...survey.sets],
    catalogueData: survey.catalogueData,
    opaque: survey.opaque,
    ...(survey.reason !== undefined && { reason: survey.reason }),
    ...extra,
  };
  return { statement, byValue: byValue || survey.byValue };
}

function query(node: TreeNode): Analysed {
  const survey = new Survey();
  const into = node.tag === 'SelectStmt' && child(node, 'intoClause') !== undefined;
  if (node.tag === 'SelectStmt' && !into) survey.classes.add('read');
  survey.walk(node);
  const verb = into ? 'SELECT INTO' : node.tag.replace('Stmt', '').toUpperCase();
  return finish(verb, survey, { ...outputsOf(node), ...storing(node, survey) }, false);
}

/** What a statement that stores what it reads stores. */
function storing(node: TreeNode, { copies }: Survey): Extra {
  const stored = copies ? storedOf(node) : undefined;
  return stored === undefined ? {} : { stored };
}

function variableSet(node: TreeNode): Analysed {
  const survey = new Survey();
  const kind = textOf(node, 'kind');
  const values = children(node, 'args').map(settingText);
  if (kind === 'VAR_RESET_ALL') survey.parameter('all', undefined);
  else if (kind === 'VAR_SET_MULTI') {
    survey.classes.add('session'); // SET TRANSACTION, SET SESSION CHARACTERISTICS
    survey.walk(node);
  } else survey.parameter(textOf(node, 'name'), kind === 'VAR_SET_VALUE' ? values.join(',') : undefined);
  return finish(kind.startsWith('VAR_RESET') ? 'RESET' : 'SET', survey);
}

/** A SET value as text; '\0' for what is not a constant. */
function settingText(node: TreeNode): string {
  const inner = node.tag === 'TypeCast' ? child(node, 'arg') : node;
  if (inner?.tag !== 'A_Const') return '\0';
  const { ival, fval, boolval, sval } = inner.fields as Record<string, Record<string, unknown> | undefined>;
  if (boolval !== undefined) return String(boolval.boolval === true);
  return String(sval?.sval ?? fval?.fval ?? (ival === undefined ? '' : (ival.ival ?? 0)));
}

function explain(node: TreeNode, text: string): Analysed {
  const inner = child(node, 'query');
  if (inner === undefined) return finish('EXPLAIN', unknownSurvey('EXPLAIN of nothing is not understood.'));
  const analyses = children(node, 'options')
    .filter((option) => textOf(option, 'defname') === 'analyze')
    .some(isOn);
  const { statement } = analyseStatement(inner, text);
  const effects = statement.class.filter((name) => name !== 'read');
  const runs: readonly CommandClass[] = analyses && effects.length > 0 ? effects : ['read'];
  // Planning calls functions too, so that what is unknown stays so.
  const classes = new Set<CommandClass>([...runs, ...(statement.class.includes('unknown') ? (['unknown'] as const) : [])]);
  const execute = statement.execute && { name: statement.execute.name, class: ['read' as const] };
  const { outputs: _outputs, cursor: _cursor, prepare: _prepare, ...facts } = statement;
  const result: StatementAnalysis = {
    ...facts,
    verb: 'EXPLAIN',
    verbs: analyses ? ['EXPLAIN', ...statement.verbs] : ['EXPLAIN'],
    class: [...classes],
    unfiltered: analyses && statement.unfiltered,
    copies: analyses && statement.copies,
    converts: analyses && statement.converts,
    flat: false,
    ...(execute && { execute }),
  };
  return { statement: result, byValue: true };
}

function execute(node: TreeNode): Analysed {
  const survey = new Survey();
  const parameters = children(node, 'params');
  for (const parameter of parameters) survey.walk(parameter);
  // What the prepared statement stores of its parameters is read here.
  if (parameters.some((parameter) => some(parameter, reads))) survey.copies = true;
  const own = [...survey.classes];
  survey.unknown('EXECUTE runs a prepared statement that is not known here.');
  return finish('EXECUTE', survey, { execute: { name: textOf(node, 'name'), class: own } });
}

function createTableAs(node: TreeNode): Analysed {
  const survey = new Survey();
  const kind = utilityKind(node);
  for (const name of kind?.class ?? []) survey.classes.add(name);
  const verb = kind?.verb ?? 'CREATE TABLE AS';
  survey.copies = true;
  const inner = child(node, 'query');
  const into = child(node, 'into');
  if (into !== undefined) {
    survey.makes(child(into, 'rel'));
    survey.walk(into);
  }
  if (inner?.tag !== 'ExecuteStmt') {
    if (inner !== undefined) survey.walk(inner);
    return finish(verb, survey, storing(node, survey));
  }
  for (const parameter of children(inner, 'params')) survey.walk(parameter);
  const own = [...survey.classes];
  survey.unknown('EXECUTE runs a prepared statement that is not known here.');
  return finish(verb, survey, { execute: { name: textOf(inner, 'name'), class: own } });
}

function arbitraryCode(node: TreeNode, verb: string, reason: string): Analysed {
  const survey = unknownSurvey(reason);
  for (const below of offspring(node)) survey.walk(below);
  survey.opaque = true;
  survey.copies = true;
  return finish(verb, survey);
}

function unknownSurvey(reason: string): Survey {
  const survey = new Survey();
  survey.unknown(reason);
  return survey;
}

/** CREATE SCHEMA may hold CREATE TABLE, GRANT and others: it is all of them. */
function createSchema(node: TreeNode): Analysed {
  const survey = new Survey();
  survey.classes.add('ddl');
  for (const element of children(node, 'schemaElts')) {
    if (definesCode(element)) survey.opaque = true;
    if (STORES_QUERY.has(element.tag) || definesCode(element) || definitionStores(element)) survey.copies = true;
    for (const name of utilityKind(element)?.class ?? ['unknown' as const]) survey.classes.add(name);
    survey.walk(element);
  }
  return finish('CREATE SCHEMA', survey);
}

function prepare(node: TreeNode, text: string): Analysed {
  const survey = new Survey();
  survey.classes.add('session');
  const inner = child(node, 'query');
  const innerText = behindAs(text);
  if (inner === undefined || innerText === undefined) {
    survey.unknown('PREPARE is not understood.');
    return finish('PREPARE', survey);
  }
  const { statement } = analyseStatement(inner, innerText);
  // Parameters of a type of one's own are cast to the column's as literals are.
  const types = children(node, 'argtypes');
  const own = new Survey();
  for (const type of types) own.walk(type);
  const typed = {
    ...statement,
    routines: [...statement.routines, ...own.routines.values()],
    converts: statement.converts || types.some(isOwnType),
  };
  for (const { schema, name } of statement.relations) survey.relation(schema === undefined ? [name] : [schema, name]);
  return finish('PREPARE', survey, { prepare: { name: textOf(node, 'name'), statement: typed, text: innerText } });
}

/** Statements whose queries and expressions are walked like any others, with what is special about them. */
function utility(node: TreeNode, text: string): Analysed {
  const kind = utilityKind(node);
  if (kind === undefined)
    return finish(
      node.tag.replace(/Stmt$/, '').toUpperCase(),
      unknownSurvey(`The statement is of a kind that is not understood (${node.tag}).`),
    );
  const survey = new Survey();
  for (const name of kind.class) survey.classes.add(name);
  namedObjects(node, survey);
  survey.makes(child(node, { ViewStmt: 'view', CreateStmt: 'relation' }[node.tag] ?? ''));
  if (node.tag !== 'FetchStmt' && node.tag !== 'ClosePortalStmt') for (const below of offspring(node)) survey.walk(below);
  const copiesQuery = STORES_QUERY.has(node.tag) || (node.tag === 'CopyStmt' && child(node, 'query') !== undefined);
  if (copiesQuery || definitionStores(node) || (node.tag === 'AlterTableStmt' && alterationStores(node))) survey.copies = true;
  if (definesCode(node)) {
    survey.opaque = true;
    survey.copies = true;
  }
  const simple = node.tag === 'TransactionStmt';
  return finish(kind.verb, survey, extras(node, text, survey), !simple);
}

/** They keep a query that will read for others. */
const STORES_QUERY = new Set(['ViewStmt', 'RuleStmt']);

const DEFINES_CODE = new Set([
  'CreateFunctionStmt',
  'CreateTrigStmt',
  'CreateCastStmt',
  'CreateOpClassStmt',
  'CreateTransformStmt',
  'CreateConversionStmt',
]);

/** Code that later statements run without naming it, and that is not in this one to be read: what it will show or store cannot be told. */
function definesCode(node: TreeNode): boolean {
  return (
    DEFINES_CODE.has(node.tag) ||
    (node.tag === 'DefineStmt' && ['OBJECT_AGGREGATE', 'OBJECT_OPERATOR', 'OBJECT_TYPE'].includes(textOf(node, 'kind')))
  );
}

const RELATION_OBJECTS = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
  'OBJECT_FOREIGN_TABLE',
]);
const OBJECTS_OF_RELATIONS = new Set(['OBJECT_COLUMN', 'OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE', 'OBJECT_TABCONSTRAINT']);

/** DROP, COMMENT, SECURITY LABEL name their objects by lists of strings. */
function namedObjects(node: TreeNode, survey: Survey): void {
  const kind = textOf(node, 'removeType') || textOf(node, 'objtype');
  const ofRelation = OBJECTS_OF_RELATIONS.has(kind);
  if (!ofRelation && !RELATION_OBJECTS.has(kind)) return;
  const single = child(node, 'object');
  for (const object of [...children(node, 'objects'), ...(single ? [single] : [])]) {
    if (object.tag === 'List') survey.relation(ofRelation ? nameParts(object, 'items').slice(0, -1) : nameParts(object, 'items'));
  }
}

function extras(node: TreeNode, text: string, survey: Survey): Extra {
  switch (node.tag) {
    case 'CopyStmt': {
      const inner = child(node, 'query');
      return { copy: copyOf(node, text), ...(inner && QUERIES.has(inner.tag) && outputsOf(inner)) };
    }
    case 'DeclareCursorStmt': {
      const inner = child(node, 'query');
      return { cursor: { name: textOf(node, 'portalname'), act: 'declare' }, ...(inner && outputsOf(inner)) };
    }
    case 'FetchStmt':
      return { cursor: { name: textOf(node, 'portalname'), act: 'fetch' } };
    case 'ClosePortalStmt':
      return { cursor: { name: textOf(node, 'portalname') || '*', act: 'close' } };
    case 'DeallocateStmt':
      return { deallocate: textOf(node, 'name') === '' ? {} : { name: textOf(node, 'name') } };
    case 'DiscardStmt':
      if (textOf(node, 'target') !== 'DISCARD_ALL') return {};
      for (const name of ['all', 'role', 'session_authorization']) survey.sets.add(name);
      return { deallocate: {} };
    default:
      return {};
  }
}

/** EXECUTE with its prepared statement put in: what is judged when it runs. */
export function withPrepared(execution: StatementAnalysis, prepared: StatementAnalysis): StatementAnalysis {
  const { execute: call, reason: _reason, stored: _stored, ...facts } = execution;
  if (call === undefined) return execution;
  // set_config of a parameter: SHOW would tell later what the call read.
  const keepsParameter = execution.copies && prepared.sets.length > 0;
  const runs = execution.verb === 'EXECUTE';
  const effects = runs ? prepared.class : prepared.class.filter((name) => name !== 'read');
  return {
    ...facts,
    verbs: [...new Set([...execution.verbs, ...prepared.verbs])],
    class: [...new Set([...call.class, ...effects, ...(keepsParameter ? (['write'] as const) : [])])],
    relations: [...execution.relations, ...prepared.relations],
    routines: [...execution.routines, ...prepared.routines],
    unfiltered: execution.unfiltered || prepared.unfiltered,
    copies: execution.copies || prepared.copies,
    converts: execution.converts || prepared.converts,
    ...(prepared.stored !== undefined && runs && !execution.copies && { stored: prepared.stored }),
    ...(runs && prepared.outputs && { outputs: prepared.outputs }),
    flat: runs && prepared.flat,
    sets: [...execution.sets, ...prepared.sets],
    catalogueData: execution.catalogueData || prepared.catalogueData,
    opaque: execution.opaque || prepared.opaque,
    ...(prepared.reason !== undefined && { reason: prepared.reason }),
  };
}
