import type { Effect } from '../effect.ts';
import { classOfMethod, isRead } from '../method.ts';

/** `admin` is administration: its class is `admin`, and so are operations marked so. */
type Operation = 'merge' | 'push' | 'contents' | 'workflow' | 'release' | 'review' | 'repository' | 'admin';

interface Row {
  /** A path below the repository's, or below the API's root. */
  readonly path: RegExp;
  readonly operations: readonly Operation[];
  /** It changes refs, which the path does not name. */
  readonly refs?: true;
}

const row = (path: string, operations: Row['operations'], refs?: true): Row => ({
  path: new RegExp(`^${path}(?:\\.json)?/?$`, 'i'), // Rails takes a format for part of the route
  operations,
  ...(refs && { refs }),
});

/** What writes to a repository mean: https://docs.github.com/en/rest. Every row that fits counts. */
const OF_REPOSITORY: readonly Row[] = [
  row('', ['admin']), // settings, deletion
  row('/pulls/[^/]+/merge', ['merge'], true),
  row('/merges', ['merge', 'push'], true),
  row('/pulls/[^/]+/(?:update-branch|revert)', ['push'], true),
  row('/merge-upstream', ['push'], true),
  row('/git/refs', ['push'], true),
  row('/git/refs/.+', ['push']),
  row('/branches/.+/rename', ['push', 'admin'], true),
  row('/contents(?:/.*)?', ['contents'], true),
  row('/contents/\\.github/(?:workflows|actions)(?:/.*)?', ['workflow']),
  row('/dispatches', ['workflow']),
  row('/actions/(?:workflows|runs|jobs)/.+', ['workflow']),
  row('/releases(?:/.*)?', ['release']),
  row('/pulls/[^/]+/reviews(?:/.*)?', ['review']),
  row('/(?:forks|generate)', ['repository']),
  row('/branches/.+/protection(?:/.*)?', ['admin']),
  row(
    '/(?:hooks|keys|collaborators|invitations|environments|transfer|rulesets|tags/protection|pages|autolinks|import|lfs|properties|interaction-limits|teams)(?:/.*)?',
    ['admin'],
  ),
  row('/(?:actions|codespaces|dependabot|agents)/(?:secrets|variables|organization-secrets|permissions|runners|oidc)(?:/.*)?', ['admin']),
  row('/actions/cache/.+', ['admin']),
  row('/(?:vulnerability-alerts|automated-security-fixes|private-vulnerability-reporting|immutable-releases)', ['admin']),
  row('/(?:code-scanning/default-setup|code-security-configuration|secret-scanning)(?:/.*)?', ['admin']),
];

/** What writes elsewhere mean. */
const ELSEWHERE: readonly Row[] = [
  row('/(?:user|(?:orgs|organizations)/[^/]+)/repos', ['repository']),
  row('/(?:(?:orgs|organizations)(?!/[^/]+/repos/?$)|enterprises|teams|scim|admin|setup|manage)(?:/.*)?', ['admin']),
  row('/(?:apps?|app-manifests|applications|installations?|authorizations|credentials)(?:/.*)?', ['admin']),
  row(
    '/user(?:/(?:keys|gpg_keys|ssh_signing_keys|emails?|social_accounts|installations|memberships|repository_invitations|migrations|codespaces/secrets|blocks|interaction-limits)(?:/.*)?)?',
    ['admin'],
  ),
];

const REPOSITORY = /^\/repos\/([^/]+)\/([^/]+?)(?:\.git)?(\/.*)?$/i;
/** A number instead of a name: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api (redirects lead there). */
const REPOSITORY_ID = /^\/repositories\/[^/]+(\/.*)?$/i;
const REF = /^\/git\/refs\/(.+?)\/?$/i;
/** Where GitHub Enterprise Server has its API. */
const PREFIX = /^\/api\/(?:v3|uploads)(?=\/|$)/i;

/** What a request to GitHub's REST API does. @param path one of the path's readings. */
export function restEffect(method: string, path: string): Effect {
  const below = path.replace(PREFIX, '') || '/';
  const [, owner, name, named] = REPOSITORY.exec(below) ?? [];
  const numbered = REPOSITORY_ID.exec(below);
  const inRepository = owner === undefined ? (numbered === null ? undefined : (numbered[1] ?? '')) : (named ?? '');
  const rows = isRead(method) ? [] : inRepository === undefined ? matching(ELSEWHERE, below) : matching(OF_REPOSITORY, inRepository);
  const ref = rows.length > 0 ? REF.exec(inRepository ?? '')?.[1] : undefined;
  const incomplete = [
    ...(numbered === null ? [] : (['repository'] as const)),
    ...(rows.some(({ refs }) => refs) ? (['refs'] as const) : []),
  ];
  return {
    ...effectOf(method, new Set(rows.flatMap(({ operations }) => operations))),
    ...(owner !== undefined && { repository: [`${owner}/${name}`] }),
    ...(ref !== undefined && { refs: [`refs/${ref}`] }),
    ...(incomplete.length > 0 && { incomplete }),
  };
}

function matching(rows: readonly Row[], path: string): readonly Row[] {
  const bare = path === '/' ? '' : path;
  return rows.filter((one) => one.path.test(bare));
}

function effectOf(method: string, operations: ReadonlySet<Operation>): Effect {
  return {
    class: [operations.has('admin') ? 'admin' : classOfMethod(method)],
    operations: [...operations].map((operation) => `github:${operation}`),
    ...(operations.has('admin') && { reason: 'It administers GitHub.' }),
  };
}
