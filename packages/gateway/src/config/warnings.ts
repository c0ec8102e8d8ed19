import { glob, type Protocol } from '@sallyport/core';
import { isLoopback, parseAddress } from './address.ts';
import type { Finding } from './checks.ts';
import type { Path } from './problem.ts';
import type { FileContent } from './schema.ts';
import { asList } from './schema-parts.ts';

type Names = Partial<Record<'protocol' | 'targets' | 'users' | 'groups', string | readonly string[] | undefined>> & {
  readonly labels?: Readonly<Record<string, string | readonly string[]>> | undefined;
};

/** What is possible but most likely a slip: names that nothing in the file bears, doors that nobody can pass. */
export function* warn(content: FileContent, protocols: readonly Protocol[]): Iterable<Finding> {
  const known = knownNames(content, protocols);
  for (const { path, names } of mentions(content)) yield* unknownNames(path, names, known);
  if (content.identity.oidc === undefined) yield* approvers(content); // else who is in a group the provider says
  for (const [name, target] of Object.entries(content.targets)) {
    if (target.tls !== 'verify-full' && !isLoopback(parseAddress(target.address, 1)?.host ?? '')) {
      const how =
        target.tls === 'disable'
          ? 'credentials and data cross the network in the clear'
          : 'nothing proves that the target is the right one';
      yield { path: ['targets', name, 'tls'], message: `${target.tls}: ${how}.` };
    }
  }
  if (Object.keys(content.targets).length > 0 && content.access.length === 0)
    yield { path: ['access'], message: 'nothing is listed, so nobody can connect.' };
  if (content.demo) yield { path: ['demo'], message: 'lets secrets stand in the file: for trying out only.' };
}

interface Known {
  readonly protocol: readonly string[];
  readonly targets: readonly string[];
  /** undefined: an identity provider knows others. */
  readonly users: readonly string[] | undefined;
  readonly groups: readonly string[] | undefined;
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

function knownNames({ identity, targets }: FileContent, protocols: readonly Protocol[]): Known {
  const labels: Record<string, string[]> = {};
  for (const target of Object.values(targets)) {
    for (const [name, value] of Object.entries(target.labels)) labels[name] = [...(labels[name] ?? []), value];
  }
  return {
    protocol: protocols.map(({ name }) => name),
    targets: Object.keys(targets),
    users: identity.oidc === undefined ? Object.keys(identity.users) : undefined,
    groups: identity.oidc === undefined ? Object.values(identity.users).flatMap(({ groups }) => asList(groups)) : undefined,
    labels,
  };
}

function* mentions(content: FileContent): Iterable<{ readonly path: Path; readonly names: Names }> {
  for (const [index, entry] of content.access.entries()) yield { path: ['access', index], names: entry };
  for (const [index, { match, unless = {} }] of content.rules.entries()) {
    yield { path: ['rules', index, 'match'], names: match };
    yield { path: ['rules', index, 'unless'], names: unless };
  }
  for (const [index, { targets, unless = {} }] of content.masking.entries()) {
    yield { path: ['masking', index], names: { targets } };
    yield { path: ['masking', index, 'unless'], names: unless };
  }
}

const WORDS = { protocol: 'protocol of this release', targets: 'target', users: 'user', groups: "user's group" } as const;

function* unknownNames(path: Path, names: Names, known: Known): Iterable<Finding> {
  for (const key of ['protocol', 'targets', 'users', 'groups'] as const) {
    for (const { at, text } of places([...path, key], names[key])) {
      if (known[key]?.some(glob(text)) === false) yield { path: at, message: `"${text}" is no ${WORDS[key]}.` };
    }
  }
  for (const [name, values] of Object.entries(names.labels ?? {})) {
    for (const { at, text } of places([...path, 'labels', name], values)) {
      if (!(known.labels[name] ?? []).some(glob(text))) yield { path: at, message: `no target has the label ${name}: ${text}.` };
    }
  }
}

/** Groups that are asked to approve and have too few people in them. */
function* approvers({ access, rules, identity }: FileContent): Iterable<Finding> {
  const people = Object.values(identity.users).filter(({ kind }) => kind === 'person');
  const asked = [
    ...access.map(({ approval }, index) => ({ path: ['access', index, 'approval'] as Path, approval })),
    ...rules.map(({ approval }, index) => ({ path: ['rules', index, 'approval'] as Path, approval })),
  ];
  for (const { path, approval } of asked) {
    if (approval === undefined) continue;
    const groups = asList(approval.groups);
    const able = people.filter((user) => asList(user.groups).some((group) => groups.includes(group))).length;
    if (able < approval.count)
      yield {
        path: [...path, 'groups'],
        message: `${able === 0 ? 'nobody is' : `only ${able} of ${approval.count} needed people are`} in ${groups.join(' or ')}, so this can never be approved.`,
      };
  }
}

function places(path: Path, value: string | readonly string[] | undefined): readonly { readonly at: Path; readonly text: string }[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [{ at: path, text: value }] : value.map((text, index) => ({ at: [...path, index], text }));
}
