import type { CommandClass } from '@sallyport/core';
import { child, children, flag, type TreeNode, textOf } from './tree.ts';

/** What a statement is called and does, apart from the queries and expressions inside it. */
export interface StatementKind {
  readonly verb: string;
  readonly class: readonly CommandClass[];
}

type Describe = (node: TreeNode) => StatementKind;

const fixed = (verb: string, ...classes: readonly CommandClass[]): Describe => {
  const kind = { verb, class: classes };
  return () => kind;
};

const OBJECT_WORDS: Readonly<Record<string, string>> = {
  MATVIEW: 'MATERIALIZED VIEW',
  FDW: 'FOREIGN DATA WRAPPER',
  FOREIGN_SERVER: 'SERVER',
  AMOP: 'OPERATOR',
  AMPROC: 'OPERATOR',
  OPCLASS: 'OPERATOR CLASS',
  OPFAMILY: 'OPERATOR FAMILY',
  STATISTIC_EXT: 'STATISTICS',
  TABCONSTRAINT: 'CONSTRAINT',
  DOMCONSTRAINT: 'CONSTRAINT',
  TSCONFIGURATION: 'TEXT SEARCH CONFIGURATION',
  TSDICTIONARY: 'TEXT SEARCH DICTIONARY',
  TSPARSER: 'TEXT SEARCH PARSER',
  TSTEMPLATE: 'TEXT SEARCH TEMPLATE',
  LARGEOBJECT: 'LARGE OBJECT',
};

/** `OBJECT_FOREIGN_TABLE` as people write it. */
function objectWord(node: TreeNode, field: string): string {
  const name = textOf(node, field).replace(/^OBJECT_/, '');
  return OBJECT_WORDS[name] ?? name.replaceAll('_', ' ');
}

/** Objects that concern the server rather than a schema, and those that say who may do what. */
const SERVER_OBJECTS = new Set([
  'EXTENSION',
  'FOREIGN DATA WRAPPER',
  'SERVER',
  'SUBSCRIPTION',
  'PUBLICATION',
  'LANGUAGE',
  'EVENT TRIGGER',
  'TABLESPACE',
  'ACCESS METHOD',
  'USER MAPPING',
]);
const RIGHTS_OBJECTS = new Set(['ROLE', 'POLICY', 'DEFACL']);

/** A change to an object whose kind decides: `DROP EXTENSION` is more than `DROP VIEW`. */
const byObject =
  (verb: string, field: string): Describe =>
  (node) => {
    const word = objectWord(node, field);
    const classes: CommandClass[] = SERVER_OBJECTS.has(word) ? ['admin'] : RIGHTS_OBJECTS.has(word) ? ['ddl', 'privilege'] : ['ddl'];
    return { verb: `${verb} ${word}`, class: classes };
  };

function isTemporary(relation: TreeNode | undefined): boolean {
  return relation !== undefined && (textOf(relation, 'relpersistence') === 't' || /^pg_temp(_\d+)?$/.test(textOf(relation, 'schemaname')));
}

/** Creating a temporary object is a write: nobody else sees it and it ends with the session. */
const creation =
  (verb: string, relation: string): Describe =>
  (node) => ({ verb, class: [isTemporary(child(node, relation)) ? 'write' : 'ddl'] });

const RIGHTS_CHANGES = new Set([
  'AT_ChangeOwner',
  'AT_EnableRowSecurity',
  'AT_DisableRowSecurity',
  'AT_ForceRowSecurity',
  'AT_NoForceRowSecurity',
]);

const alterTable: Describe = (node) => {
  const changesRights = children(node, 'cmds').some((command) => RIGHTS_CHANGES.has(textOf(command, 'subtype')));
  return { verb: `ALTER ${objectWord(node, 'objtype')}`, class: changesRights ? ['ddl', 'privilege'] : ['ddl'] };
};

const createTableAs: Describe = (node) => {
  const into = child(node, 'into');
  const view = textOf(node, 'objtype') === 'OBJECT_MATVIEW';
  const temporary = isTemporary(into && child(into, 'rel'));
  return { verb: view ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS', class: [temporary ? 'write' : 'ddl'] };
};

const copy: Describe = (node) => {
  if (flag(node, 'is_program') || textOf(node, 'filename') !== '') return { verb: 'COPY', class: ['admin'] };
  return { verb: 'COPY', class: [flag(node, 'is_from') ? 'write' : 'read'] };
};

const TRANSACTION_VERBS: Readonly<Record<string, string>> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'BEGIN',
  TRANS_STMT_COMMIT: 'COMMIT',
  TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT',
  TRANS_STMT_RELEASE: 'RELEASE',
  TRANS_STMT_ROLLBACK_TO: 'ROLLBACK',
};

const transaction: Describe = (node) => {
  const verb = TRANSACTION_VERBS[textOf(node, 'kind')];
  if (verb !== undefined) return { verb, class: ['session'] };
  // Two-phase commit leaves the session: locks stay behind, and others' transactions can be ended.
  return {
    verb: textOf(node, 'kind')
      .replace(/^TRANS_STMT_/, '')
      .replace('PREPARE', 'PREPARE TRANSACTION')
      .replace(/_PREPARE.*/, ' PREPARED'),
    class: ['write'],
  };
};

const ROW_SHARE_LOCK = 2;

const lock: Describe = (node) => {
  const mode = node.fields.mode;
  return { verb: 'LOCK', class: [typeof mode === 'number' && mode <= ROW_SHARE_LOCK ? 'session' : 'write'] };
};

/** An option of EXPLAIN, VACUUM and their like: on where it has no value. */
export function isOn(option: TreeNode): boolean {
  const value = child(option, 'arg');
  if (value === undefined) return true;
  if (value.tag === 'String') return !/^(false|off|0)$/i.test(textOf(value, 'sval'));
  if (value.tag === 'Boolean') return value.fields.boolval === true;
  return value.tag !== 'Integer' || (value.fields.ival ?? 0) !== 0;
}

/** VACUUM FULL writes the table anew under an exclusive lock, as CLUSTER does. */
const vacuum: Describe = (node) => {
  const full = children(node, 'options').some((option) => textOf(option, 'defname') === 'full' && isOn(option));
  return { verb: flag(node, 'is_vacuumcmd') ? 'VACUUM' : 'ANALYZE', class: [full ? 'ddl' : 'session'] };
};

const define: Describe = (node) => byObject('CREATE', 'kind')(node);

/** Every utility statement. Queries, SET, EXPLAIN and what runs other statements are the survey's. */
const UTILITY: Readonly<Record<string, Describe>> = {
  AlterCollationStmt: fixed('ALTER COLLATION', 'ddl'),
  AlterDatabaseRefreshCollStmt: fixed('ALTER DATABASE', 'ddl'),
  AlterDatabaseSetStmt: fixed('ALTER DATABASE', 'admin'),
  AlterDatabaseStmt: fixed('ALTER DATABASE', 'ddl'),
  AlterDefaultPrivilegesStmt: fixed('ALTER DEFAULT PRIVILEGES', 'privilege'),
  AlterDomainStmt: fixed('ALTER DOMAIN', 'ddl'),
  AlterEnumStmt: fixed('ALTER TYPE', 'ddl'),
  AlterEventTrigStmt: fixed('ALTER EVENT TRIGGER', 'admin'),
  AlterExtensionContentsStmt: fixed('ALTER EXTENSION', 'admin'),
  AlterExtensionStmt: fixed('ALTER EXTENSION', 'admin'),
  AlterFdwStmt: fixed('ALTER FOREIGN DATA WRAPPER', 'admin'),
  AlterForeignServerStmt: fixed('ALTER SERVER', 'admin'),
  AlterFunctionStmt: byObject('ALTER', 'objtype'),
  AlterObjectDependsStmt: byObject('ALTER', 'objectType'),
  AlterObjectSchemaStmt: byObject('ALTER', 'objectType'),
  AlterOpFamilyStmt: fixed('ALTER OPERATOR FAMILY', 'ddl'),
  AlterOperatorStmt: fixed('ALTER OPERATOR', 'ddl'),
  AlterOwnerStmt: (node) => {
    const kind = byObject('ALTER', 'objectType')(node);
    return { verb: kind.verb, class: [...new Set<CommandClass>([...kind.class, 'privilege'])] };
  },
  AlterPolicyStmt: fixed('ALTER POLICY', 'ddl', 'privilege'),
  AlterPublicationStmt: fixed('ALTER PUBLICATION', 'admin'),
  AlterRoleSetStmt: fixed('ALTER ROLE', 'privilege'),
  AlterRoleStmt: fixed('ALTER ROLE', 'privilege'),
  AlterSeqStmt: fixed('ALTER SEQUENCE', 'ddl'),
  AlterStatsStmt: fixed('ALTER STATISTICS', 'ddl'),
  AlterSubscriptionStmt: fixed('ALTER SUBSCRIPTION', 'admin'),
  AlterSystemStmt: fixed('ALTER SYSTEM', 'admin'),
  AlterTSConfigurationStmt: fixed('ALTER TEXT SEARCH CONFIGURATION', 'ddl'),
  AlterTSDictionaryStmt: fixed('ALTER TEXT SEARCH DICTIONARY', 'ddl'),
  AlterTableMoveAllStmt: fixed('ALTER TABLE', 'ddl'),
  AlterTableSpaceOptionsStmt: fixed('ALTER TABLESPACE', 'admin'),
  AlterTableStmt: alterTable,
  AlterTypeStmt: fixed('ALTER TYPE', 'ddl'),
  AlterUserMappingStmt: fixed('ALTER USER MAPPING', 'admin'),
  CheckPointStmt: fixed('CHECKPOINT', 'admin'),
  ClosePortalStmt: fixed('CLOSE', 'session'),
  ClusterStmt: fixed('CLUSTER', 'ddl'),
  CommentStmt: fixed('COMMENT', 'ddl'),
  CompositeTypeStmt: fixed('CREATE TYPE', 'ddl'),
  ConstraintsSetStmt: fixed('SET CONSTRAINTS', 'session'),
  CopyStmt: copy,
  CreateAmStmt: fixed('CREATE ACCESS METHOD', 'admin'),
  CreateCastStmt: fixed('CREATE CAST', 'ddl'),
  CreateConversionStmt: fixed('CREATE CONVERSION', 'ddl'),
  CreateDomainStmt: fixed('CREATE DOMAIN', 'ddl'),
  CreateEnumStmt: fixed('CREATE TYPE', 'ddl'),
  CreateEventTrigStmt: fixed('CREATE EVENT TRIGGER', 'admin'),
  CreateExtensionStmt: fixed('CREATE EXTENSION', 'admin'),
  CreateFdwStmt: fixed('CREATE FOREIGN DATA WRAPPER', 'admin'),
  CreateForeignServerStmt: fixed('CREATE SERVER', 'admin'),
  CreateForeignTableStmt: fixed('CREATE FOREIGN TABLE', 'ddl'),
  CreateFunctionStmt: (node) => ({ verb: flag(node, 'is_procedure') ? 'CREATE PROCEDURE' : 'CREATE FUNCTION', class: ['ddl'] }),
  CreateOpClassStmt: fixed('CREATE OPERATOR CLASS', 'ddl'),
  CreateOpFamilyStmt: fixed('CREATE OPERATOR FAMILY', 'ddl'),
  CreatePLangStmt: fixed('CREATE LANGUAGE', 'admin'),
  CreatePolicyStmt: fixed('CREATE POLICY', 'ddl', 'privilege'),
  CreatePublicationStmt: fixed('CREATE PUBLICATION', 'admin'),
  CreateRangeStmt: fixed('CREATE TYPE', 'ddl'),
  CreateRoleStmt: fixed('CREATE ROLE', 'privilege'),
  CreateSchemaStmt: fixed('CREATE SCHEMA', 'ddl'),
  CreateSeqStmt: creation('CREATE SEQUENCE', 'sequence'),
  CreateStatsStmt: fixed('CREATE STATISTICS', 'ddl'),
  CreateStmt: creation('CREATE TABLE', 'relation'),
  CreateSubscriptionStmt: fixed('CREATE SUBSCRIPTION', 'admin'),
  CreateTableAsStmt: createTableAs,
  CreateTableSpaceStmt: fixed('CREATE TABLESPACE', 'admin'),
  CreateTransformStmt: fixed('CREATE TRANSFORM', 'ddl'),
  CreateTrigStmt: fixed('CREATE TRIGGER', 'ddl'),
  CreateUserMappingStmt: fixed('CREATE USER MAPPING', 'admin'),
  CreatedbStmt: fixed('CREATE DATABASE', 'ddl'),
  DeallocateStmt: fixed('DEALLOCATE', 'session'),
  DeclareCursorStmt: fixed('DECLARE', 'read'),
  DefineStmt: define,
  DiscardStmt: fixed('DISCARD', 'session'),
  DropOwnedStmt: fixed('DROP OWNED', 'ddl', 'privilege'),
  DropRoleStmt: fixed('DROP ROLE', 'privilege'),
  DropStmt: byObject('DROP', 'removeType'),
  DropSubscriptionStmt: fixed('DROP SUBSCRIPTION', 'admin'),
  DropTableSpaceStmt: fixed('DROP TABLESPACE', 'admin'),
  DropUserMappingStmt: fixed('DROP USER MAPPING', 'admin'),
  DropdbStmt: fixed('DROP DATABASE', 'ddl'),
  FetchStmt: (node) => ({ verb: flag(node, 'ismove') ? 'MOVE' : 'FETCH', class: ['read'] }),
  GrantRoleStmt: (node) => ({ verb: flag(node, 'is_grant') ? 'GRANT' : 'REVOKE', class: ['privilege'] }),
  GrantStmt: (node) => ({ verb: flag(node, 'is_grant') ? 'GRANT' : 'REVOKE', class: ['privilege'] }),
  ImportForeignSchemaStmt: fixed('IMPORT FOREIGN SCHEMA', 'ddl'),
  IndexStmt: fixed('CREATE INDEX', 'ddl'),
  ListenStmt: fixed('LISTEN', 'session'),
  LoadStmt: fixed('LOAD', 'admin'),
  LockStmt: lock,
  NotifyStmt: fixed('NOTIFY', 'write'),
  PrepareStmt: fixed('PREPARE', 'session'),
  ReassignOwnedStmt: fixed('REASSIGN OWNED', 'privilege'),
  RefreshMatViewStmt: fixed('REFRESH MATERIALIZED VIEW', 'ddl'),
  ReindexStmt: fixed('REINDEX', 'ddl'),
  RenameStmt: byObject('ALTER', 'renameType'),
  RuleStmt: fixed('CREATE RULE', 'ddl'),
  SecLabelStmt: fixed('SECURITY LABEL', 'ddl', 'privilege'),
  TransactionStmt: transaction,
  TruncateStmt: fixed('TRUNCATE', 'ddl'),
  UnlistenStmt: fixed('UNLISTEN', 'session'),
  VacuumStmt: vacuum,
  VariableShowStmt: fixed('SHOW', 'session'),
  ViewStmt: creation('CREATE VIEW', 'view'),
};

/** What a utility statement is; undefined when its kind is not one of those listed. */
export function utilityKind(node: TreeNode): StatementKind | undefined {
  return UTILITY[node.tag]?.(node);
}

export function isUtility(tag: string): boolean {
  return Object.hasOwn(UTILITY, tag);
}

/** SELECT INTO makes a table, or a temporary one. */
export function selectIntoClass(into: TreeNode): CommandClass {
  return isTemporary(child(into, 'rel')) ? 'write' : 'ddl';
}
