import { child, children, nameParts, some, type TreeNode, textOf } from './tree.ts';

/** What was found of a WHERE: whether it lets every row through, and whether values decided that. */
export interface FilterVerdict {
  readonly unfiltered: boolean;
  /** A literal's value was looked at: another text of the same shape may have another verdict. */
  readonly byValue: boolean;
}

type Truth = boolean | undefined;

/**
 * Whether an UPDATE or DELETE reaches rows without asking them: no condition, one that does not
 * depend on the row, or one that provably holds for all rows that have values.
 */
export function judgeFilter(where: TreeNode | undefined, target: TreeNode | undefined): FilterVerdict {
  if (where === undefined) return { unfiltered: true, byValue: false };
  const judge = new FilterJudge(target);
  const unfiltered = judge.passes(where);
  return { unfiltered, byValue: judge.byValue };
}

const COMPLEMENTS: Readonly<Record<string, string>> = { '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' };
const SYSTEM_COLUMNS = new Set(['ctid', 'tableoid', 'xmin', 'xmax', 'cmin', 'cmax']);

class FilterJudge {
  byValue = false;
  readonly #target: TreeNode | undefined;

  constructor(target: TreeNode | undefined) {
    this.#target = target;
  }

  passes(node: TreeNode): boolean {
    if (node.tag === 'BoolExpr' && textOf(node, 'boolop') === 'AND_EXPR') return children(node, 'args').every((arg) => this.passes(arg));
    if (!dependsOnRow(node)) return true;
    return this.#truth(node) === true;
  }

  /** True or false where that holds whatever the row (NULLs aside); undefined where it cannot be told. */
  #truth(node: TreeNode): Truth {
    switch (node.tag) {
      case 'A_Const':
      case 'TypeCast':
        return this.#asBoolean(node);
      case 'BoolExpr':
        return this.#boolean(node);
      case 'A_Expr':
        return this.#expression(node);
      case 'NullTest':
        return this.#nullTest(node);
      case 'BooleanTest': {
        const arg = child(node, 'arg');
        const inner = arg && this.#truth(arg);
        if (inner === undefined) return undefined;
        return { IS_TRUE: inner, IS_NOT_TRUE: !inner, IS_FALSE: !inner, IS_NOT_FALSE: inner, IS_UNKNOWN: false, IS_NOT_UNKNOWN: true }[
          textOf(node, 'booltesttype')
        ];
      }
      case 'SubLink':
        return this.#subquery(node);
      default:
        return undefined;
    }
  }

  #asBoolean(node: TreeNode): Truth {
    const value = this.#value(node);
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'string') return undefined;
    if (/^(t|tr|tru|true|y|ye|yes|on|1)$/i.test(value.trim())) return true;
    return /^(f|fa|fal|fals|false|n|no|of|off|0)$/i.test(value.trim()) ? false : undefined;
  }

  #boolean(node: TreeNode): Truth {
    const args = children(node, 'args');
    const truths = args.map((arg) => this.#truth(arg));
    switch (textOf(node, 'boolop')) {
      case 'NOT_EXPR':
        return truths[0] === undefined ? undefined : !truths[0];
      case 'AND_EXPR':
        if (truths.includes(false)) return false;
        return truths.every((truth) => truth === true) ? true : undefined;
      default:
        if (truths.includes(true) || args.some((arg, i) => truths[i] === undefined && isFixed(arg))) return true;
        if (this.#covered(args)) return true;
        return truths.every((truth) => truth === false) ? false : undefined;
    }
  }

  #expression(node: TreeNode): Truth {
    const [left, right] = [child(node, 'lexpr'), child(node, 'rexpr')];
    if (left === undefined || right === undefined) return undefined;
    const operator = nameParts(node, 'name').at(-1) ?? '';
    switch (textOf(node, 'kind')) {
      case 'AEXPR_OP':
        return this.#comparison(operator, left, right);
      case 'AEXPR_DISTINCT':
        return this.#equal(left, right) === true ? false : undefined;
      case 'AEXPR_NOT_DISTINCT':
        return this.#equal(left, right);
      case 'AEXPR_IN': {
        const found = children(right, 'items').map((item) => this.#equal(left, item));
        if (found.includes(true)) return operator === '=';
        return found.every((truth) => truth === false) ? operator !== '=' : undefined;
      }
      case 'AEXPR_BETWEEN': {
        const [low, high] = children(right, 'items');
        return low && high && this.#equal(left, low) === true && this.#equal(left, high) === true ? true : undefined;
      }
      case 'AEXPR_LIKE':
      case 'AEXPR_ILIKE': {
        const pattern = this.#value(right);
        const any = (typeof pattern === 'string' && /^%+$/.test(pattern)) || this.#same(left, right);
        return any ? !operator.startsWith('!') : undefined;
      }
      default:
        return undefined;
    }
  }

  #comparison(operator: string, left: TreeNode, right: TreeNode): Truth {
    if (this.#same(left, right)) {
      if (operator === '=' || operator === '<=' || operator === '>=') return true;
      return operator === '<>' || operator === '<' || operator === '>' ? false : undefined;
    }
    if (/^~\*?$/.test(operator)) {
      const pattern = this.#value(right);
      return typeof pattern === 'string' && /^\^?(\.\*)*\$?$/.test(pattern) ? true : undefined;
    }
    if (!isLiteral(left) || !isLiteral(right)) return undefined;
    const [a, b] = [this.#value(left), this.#value(right)];
    if (a === undefined || b === undefined || typeof a !== typeof b) return undefined;
    return { '=': a === b, '<>': a !== b, '<': a < b, '>': a > b, '<=': a <= b, '>=': a >= b }[operator];
  }

  #equal(left: TreeNode, right: TreeNode): Truth {
    return this.#comparison('=', left, right);
  }

  #nullTest(node: TreeNode): Truth {
    const arg = child(node, 'arg');
    if (arg === undefined) return undefined;
    const wantsNull = textOf(node, 'nulltesttype') === 'IS_NULL';
    if (arg.tag === 'A_Const') {
      this.byValue = true;
      return wantsNull === (arg.fields.isnull === true);
    }
    const column = arg.tag === 'ColumnRef' ? (nameParts(arg, 'fields').at(-1) ?? '') : '';
    return SYSTEM_COLUMNS.has(column) ? !wantsNull : undefined;
  }

  /** EXISTS (SELECT 1), and `id IN (SELECT id FROM the table itself)`. */
  #subquery(node: TreeNode): Truth {
    const query = child(node, 'subselect');
    if (query?.tag !== 'SelectStmt') return undefined;
    const narrowed = ['whereClause', 'havingClause', 'limitCount', 'limitOffset', 'groupClause', 'larg', 'withClause'].some(
      (field) => field in query.fields,
    );
    if (narrowed) return undefined;
    const from = children(query, 'fromClause');
    if (textOf(node, 'subLinkType') === 'EXISTS_SUBLINK') return from.length === 0 ? true : undefined;
    const [source, ...others] = from;
    if (textOf(node, 'subLinkType') !== 'ANY_SUBLINK' || source?.tag !== 'RangeVar' || others.length > 0) return undefined;
    const sameTable = this.#target !== undefined && textOf(source, 'relname') === textOf(this.#target, 'relname');
    const column = children(query, 'targetList')[0];
    const value = column && child(column, 'val');
    const tested = child(node, 'testexpr');
    if (!sameTable || value?.tag !== 'ColumnRef' || tested?.tag !== 'ColumnRef') return undefined;
    return nameParts(value, 'fields').at(-1) === nameParts(tested, 'fields').at(-1) ? true : undefined;
  }

  /** Two of the alternatives leave no row out: `a = 1` and `a <> 1`, `a IS NULL` and `a IS NOT NULL`, x and NOT x. */
  #covered(alternatives: readonly TreeNode[]): boolean {
    const seen = new Set<string>();
    return alternatives.some((node) => {
      if (some(node, isConstant)) this.byValue = true;
      seen.add(spelled(node));
      return complement(node).some((spelling) => seen.has(spelling));
    });
  }

  /** The same expression, word for word: it has the same value, or it is volatile, which proves nothing. */
  #same(one: TreeNode, other: TreeNode): boolean {
    if (one.tag !== other.tag) return false;
    if (some(one, isConstant)) this.byValue = true;
    return some(one, (node) => node.tag === 'FuncCall' || node.tag === 'ParamRef' || node.tag === 'SubLink')
      ? false
      : spelled(one) === spelled(other);
  }

  /** A literal's value: undefined for anything else, NULL included. */
  #value(node: TreeNode): string | number | boolean | undefined {
    if (node.tag === 'TypeCast') {
      const inner = child(node, 'arg');
      return inner && this.#value(inner);
    }
    if (node.tag !== 'A_Const') return undefined;
    this.byValue = true;
    const { ival, fval, boolval, sval } = node.fields as Record<string, Record<string, unknown> | undefined>;
    if (ival !== undefined) return Number(ival.ival ?? 0);
    if (fval !== undefined) return Number(fval.fval);
    if (boolval !== undefined) return boolval.boolval === true;
    return sval === undefined ? undefined : String(sval.sval ?? '');
  }
}

/** A constant, cast or not: its value, and only that, may be looked at. */
function isLiteral(node: TreeNode): boolean {
  const inner = node.tag === 'TypeCast' ? child(node, 'arg') : node;
  return inner?.tag === 'A_Const';
}

const isConstant = (node: TreeNode): boolean => node.tag === 'A_Const';

/** Spellings of what holds exactly where the condition does not. */
function complement(node: TreeNode): string[] {
  const negation = spelled({ tag: 'BoolExpr', fields: { boolop: 'NOT_EXPR', args: [{ [node.tag]: node.fields }] } });
  if (node.tag === 'BoolExpr' && textOf(node, 'boolop') === 'NOT_EXPR') return [negation, ...children(node, 'args').map(spelled)];
  if (node.tag === 'NullTest') {
    const opposite = textOf(node, 'nulltesttype') === 'IS_NULL' ? 'IS_NOT_NULL' : 'IS_NULL';
    return [negation, spelled({ tag: 'NullTest', fields: { ...node.fields, nulltesttype: opposite } })];
  }
  const operator = COMPLEMENTS[nameParts(node, 'name').at(-1) ?? ''];
  if (node.tag !== 'A_Expr' || textOf(node, 'kind') !== 'AEXPR_OP' || operator === undefined) return [negation];
  return [negation, spelled({ tag: 'A_Expr', fields: { ...node.fields, name: [{ String: { sval: operator } }] } })];
}

/** A subquery over tables may look at the row; CURRENT OF is one row. */
function dependsOnRow(node: TreeNode): boolean {
  return some(node, (below) => {
    if (below.tag === 'SubLink') return children(child(below, 'subselect') ?? below, 'fromClause').length > 0;
    return below.tag === 'ColumnRef' || below.tag === 'CurrentOfExpr';
  });
}

/** No column, parameter or subquery: beside an OR it has no business in a filter. */
function isFixed(node: TreeNode): boolean {
  return !dependsOnRow(node) && !some(node, ({ tag }) => tag === 'ParamRef');
}

/** A node's content without its places in the text. */
function spelled(node: TreeNode): string {
  return JSON.stringify([node.tag, node.fields], (key, value: unknown) =>
    key === 'location' || key.startsWith('rexpr_list_') ? undefined : value,
  );
}
