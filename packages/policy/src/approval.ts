import type { ApprovalSpec } from './config.ts';

const STRICTNESS = ['once', 'exact', 'shape', 'rule'] as const satisfies readonly ApprovalSpec['grant'][];

/**
 * One approval that satisfies every hold: it is asked of the groups that all of them name, needs
 * the highest count, waits the shortest time and grants the least.
 *
 * @returns undefined when no group is named by all, or a hold names none: no yes could satisfy them.
 */
export function mergeApprovals(holds: readonly (ApprovalSpec | undefined)[]): ApprovalSpec | undefined {
  const specs = holds.filter((spec) => spec !== undefined);
  const [first, ...others] = specs;
  if (first === undefined || specs.length < holds.length) return undefined;
  if (others.length === 0) return first;
  const groups = first.groups.filter((group) => others.every((spec) => spec.groups.includes(group))).sort();
  if (groups.length === 0) return undefined;
  const grant = STRICTNESS.find((one) => specs.some((spec) => spec.grant === one)) ?? 'once';
  const lasting = specs.flatMap((spec) => spec.forMs ?? []);
  return {
    groups,
    count: Math.max(...specs.map((spec) => spec.count)),
    timeoutMs: Math.min(...specs.map((spec) => spec.timeoutMs)),
    transactionTimeoutMs: Math.min(...specs.map((spec) => spec.transactionTimeoutMs)),
    grant,
    ...(grant === 'once' || lasting.length === 0 ? {} : { forMs: Math.min(...lasting) }),
  };
}
