import type { Effect } from '../effect.ts';
import type { RootFields } from '../graphql/root-fields.ts';

/** What GitHub's mutations mean, in the words of its REST API: https://docs.github.com/en/graphql/reference/mutations. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  mergePullRequest: ['merge'],
  enablePullRequestAutoMerge: ['merge'],
  enqueuePullRequest: ['merge'],
  mergeBranch: ['merge', 'push'],
  createRef: ['push'],
  updateRef: ['push'],
  updateRefs: ['push'],
  deleteRef: ['push'],
  createLinkedBranch: ['push'],
  updatePullRequestBranch: ['push'],
  revertPullRequest: ['push'],
  createCommitOnBranch: ['contents', 'push', 'workflow'], // what files it changes stands in its variables
  approveDeployments: ['workflow'],
  rejectDeployments: ['workflow'],
  addPullRequestReview: ['review'],
  submitPullRequestReview: ['review'],
  dismissPullRequestReview: ['review'],
  createRepository: ['repository'],
  cloneTemplateRepository: ['repository'],
};

/** Administration, by the words that such names have. */
const ADMIN =
  /BranchProtection|Ruleset|Environment$|Enterprise|Organization|IpAllowList|VerifiableDomain|Migration|Mannequin|Team|Collaborator|Sponsor|InteractionLimit|Saml|Oidc|Role|Codespace|DeployKey|^(?:un)?archiveRepository$|^updateRepository|^(?:grant|revoke|regenerate|verify|invite|import)[A-Z]|^transfer(?!Issue)|VulnerabilityAlert|^deleteRepository$|Webhook|Secret/;

/** Operations of root fields. */
function mutationOperations({ kinds, fields }: RootFields): readonly string[] {
  return kinds.includes('mutation') ? fields.flatMap((field) => [...(NAMED[field] ?? []), ...(ADMIN.test(field) ? ['admin'] : [])]) : [];
}

/** What a GraphQL request to GitHub does, on top of what any GraphQL request does. Of which repository its text does not say. */
export function mutationEffect(asked: readonly RootFields[], effect: Effect): Effect {
  const operations = new Set(asked.flatMap(mutationOperations));
  const admin = operations.has('admin');
  const changes = !effect.class.every((one) => one === 'read');
  return {
    ...effect,
    class: admin ? [...new Set([...effect.class.filter((one) => one !== 'write'), 'admin' as const])] : effect.class,
    operations: [...effect.operations, ...[...operations].map((operation) => `github:${operation}`)],
    incomplete: [...(effect.incomplete ?? []), 'repository', ...(changes ? (['refs'] as const) : [])],
    ...(admin && { reason: 'It administers GitHub.' }),
  };
}
