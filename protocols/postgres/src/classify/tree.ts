/**
 * The raw parse tree as libpg-query gives it: a node is `{ "Tag": { field: … } }`, or only
 * `{ field: … }` where its type is fixed by the field that holds it.
 * https://github.com/pganalyze/libpg_query/blob/17-latest/protobuf/pg_query.proto
 */
export interface TreeNode {
  readonly tag: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A tag for what stands where no node is expected: no list of known tags holds it. */
const UNEXPECTED = '?';

/** Fields that hold a node without its tag, by the node's type. */
const DIRECT_FIELDS: Readonly<Record<string, string>> = {
  Alias:
    'RangeVar.alias JoinExpr.join_using_alias JoinExpr.alias RangeSubselect.alias RangeFunction.alias RangeTableFunc.alias JsonTable.alias',
  BitString: 'A_Const.bsval',
  Boolean: 'A_Const.boolval',
  CTECycleClause: 'CommonTableExpr.cycle_clause',
  CTESearchClause: 'CommonTableExpr.search_clause',
  CollateClause: 'ColumnDef.collClause CreateDomainStmt.collClause',
  CreateStmt: 'CreateForeignTableStmt.base',
  Float: 'A_Const.fval',
  FuncCall: 'CallStmt.funccall',
  GrantStmt: 'AlterDefaultPrivilegesStmt.action',
  InferClause: 'OnConflictClause.infer',
  Integer: 'A_Const.ival',
  IntoClause: 'SelectStmt.intoClause CreateTableAsStmt.into',
  JsonAggConstructor: 'JsonObjectAgg.constructor JsonArrayAgg.constructor',
  JsonBehavior: 'JsonFuncExpr.on_empty JsonFuncExpr.on_error JsonTable.on_error JsonTableColumn.on_empty JsonTableColumn.on_error',
  JsonFormat: 'JsonReturning.format JsonValueExpr.format JsonIsPredicate.format JsonTableColumn.format JsonArrayQueryConstructor.format',
  JsonKeyValue: 'JsonObjectAgg.arg',
  JsonOutput:
    'JsonFuncExpr.output JsonParseExpr.output JsonScalarExpr.output JsonSerializeExpr.output JsonObjectConstructor.output ' +
    'JsonArrayConstructor.output JsonArrayQueryConstructor.output JsonAggConstructor.output',
  JsonReturning: 'JsonOutput.returning',
  JsonTablePathSpec: 'JsonTable.pathspec JsonTableColumn.pathspec',
  JsonValueExpr:
    'JsonArgument.val JsonFuncExpr.context_item JsonTable.context_item JsonKeyValue.value JsonParseExpr.expr JsonSerializeExpr.expr JsonArrayAgg.arg',
  ObjectWithArgs:
    'CreateOpClassItem.name AlterFunctionStmt.func AlterOperatorStmt.opername CreateCastStmt.func CreateTransformStmt.fromsql CreateTransformStmt.tosql',
  OnConflictClause: 'InsertStmt.onConflictClause',
  PartitionBoundSpec: 'PartitionCmd.bound CreateStmt.partbound',
  PartitionSpec: 'CreateStmt.partspec',
  PublicationTable: 'PublicationObjSpec.pubtable',
  RangeVar:
    'IntoClause.rel ColumnDef.identitySequence TableLikeClause.relation PartitionCmd.name InsertStmt.relation DeleteStmt.relation ' +
    'UpdateStmt.relation MergeStmt.relation AlterTableStmt.relation CopyStmt.relation CreateStmt.relation Constraint.pktable ' +
    'CreatePolicyStmt.table AlterPolicyStmt.table CreateTrigStmt.relation CreateTrigStmt.constrrel CreateSeqStmt.sequence ' +
    'AlterSeqStmt.sequence IndexStmt.relation RenameStmt.relation AlterObjectDependsStmt.relation AlterObjectSchemaStmt.relation ' +
    'AlterOwnerStmt.relation RuleStmt.relation CompositeTypeStmt.typevar ViewStmt.view ClusterStmt.relation VacuumRelation.relation ' +
    'RefreshMatViewStmt.relation ReindexStmt.relation PublicationTable.relation',
  ReturningClause: 'InsertStmt.returningClause DeleteStmt.returningClause UpdateStmt.returningClause MergeStmt.returningClause',
  RoleSpec:
    'CreateSchemaStmt.authrole AlterTableCmd.newowner GrantStmt.grantor GrantRoleStmt.grantor CreateTableSpaceStmt.owner ' +
    'CreateUserMappingStmt.user AlterUserMappingStmt.user DropUserMappingStmt.user AlterRoleStmt.role AlterRoleSetStmt.role ' +
    'AlterOwnerStmt.newowner ReassignOwnedStmt.newrole',
  SelectStmt: 'SelectStmt.larg SelectStmt.rarg',
  String: 'A_Const.sval AlterObjectDependsStmt.extname',
  TypeName:
    'TypeCast.typeName RangeTableFuncCol.typeName ColumnDef.typeName XmlSerialize.typeName JsonOutput.typeName JsonTableColumn.typeName ' +
    'CreateStmt.ofTypename CreateDomainStmt.typeName CreateOpClassStmt.datatype CreateOpClassItem.storedtype CreateFunctionStmt.returnType ' +
    'FunctionParameter.argType CreateCastStmt.sourcetype CreateCastStmt.targettype CreateTransformStmt.type_name',
  VariableSetStmt: 'AlterRoleSetStmt.setstmt AlterDatabaseSetStmt.setstmt AlterSystemStmt.setstmt',
  WindowDef: 'FuncCall.over JsonAggConstructor.over',
  WithClause: 'InsertStmt.withClause DeleteStmt.withClause UpdateStmt.withClause MergeStmt.withClause SelectStmt.withClause',
};

const TAGS = new Map<string, Map<string, string>>();
for (const [tag, fields] of Object.entries(DIRECT_FIELDS)) {
  for (const path of fields.split(' ')) {
    const [parent = '', field = ''] = path.split('.');
    TAGS.set(parent, (TAGS.get(parent) ?? new Map<string, string>()).set(field, tag));
  }
}

/** A node that carries its tag: what a list holds, and a field of any type of node. */
function tagged(value: unknown): TreeNode | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  let only: string | undefined;
  for (const key in value) {
    if (only !== undefined) return { tag: UNEXPECTED, fields: {} };
    only = key;
  }
  if (only === undefined) return undefined; // the list's way of writing NULL
  const fields = (value as Record<string, unknown>)[only];
  const first = only.charCodeAt(0);
  const isTag = first >= 65 && first <= 90 && typeof fields === 'object' && fields !== null;
  return isTag ? { tag: only, fields: fields as TreeNode['fields'] } : { tag: UNEXPECTED, fields: {} };
}

/** The node in a field, or undefined. */
export function child(node: TreeNode, field: string): TreeNode | undefined {
  const value = node.fields[field];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const tag = TAGS.get(node.tag)?.get(field);
  return tag === undefined ? tagged(value) : { tag, fields: value as TreeNode['fields'] };
}

/** The nodes of a list field; absent elements are left out. */
export function children(node: TreeNode, field: string): TreeNode[] {
  const found: TreeNode[] = [];
  const value = node.fields[field];
  if (Array.isArray(value)) addTo(found, value);
  return found;
}

function addTo(found: TreeNode[], list: readonly unknown[]): void {
  for (const item of list) {
    const node = tagged(item);
    if (node !== undefined) found.push(node);
  }
}

/** Every node directly below this one, whatever field it is in. */
export function offspring(node: TreeNode): TreeNode[] {
  const found: TreeNode[] = [];
  for (const field in node.fields) {
    const value = node.fields[field];
    if (Array.isArray(value)) addTo(found, value);
    else {
      const one = child(node, field);
      if (one !== undefined) found.push(one);
    }
  }
  return found;
}

/** A text field, or ''. */
export function textOf(node: TreeNode, field: string): string {
  const value = node.fields[field];
  return typeof value === 'string' ? value : '';
}

export function flag(node: TreeNode, field: string): boolean {
  return node.fields[field] === true;
}

/** A qualified name's parts: a list of String nodes. */
export function nameParts(node: TreeNode, field: string): string[] {
  return children(node, field).map((part) => (part.tag === 'String' ? textOf(part, 'sval') : ''));
}

/** Some node below (or this one) for which `test` holds. */
export function some(node: TreeNode, test: (node: TreeNode) => boolean): boolean {
  return test(node) || offspring(node).some((below) => some(below, test));
}
