/**
 * Who may import whom. The picture:
 *
 *   cli -> gateway -> { policy, masking, approvals, recording, identity } -> core
 *   cli -> store -> core
 *   cli -> protocols/* -> core          (ssh and http also -> git -> core)
 */
const PARTS = 'policy|masking|approvals|recording|identity';
const TESTS = '[.]test[.]ts$|/test/';

/** Whatever lies in `from` may reach, of this workspace, only itself and `to`. */
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: TESTS },
  to: { path: '^(packages|protocols|scripts|test-fixtures)/', pathNot: [from, ...to] },
});

const CORE = '^packages/core/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no first module to load. Types may refer to each other.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', comment: 'The import leads nowhere.', from: {}, to: { couldNotResolve: true } },

    only('core-stands-alone', CORE, [], 'The contract depends on no sibling.'),
    {
      name: 'core-without-packages',
      severity: 'error',
      comment: 'The contract depends on Node.js and nothing else.',
      from: { path: CORE, pathNot: TESTS },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'] },
    },
    only('store-knows-core', '^packages/store/', [CORE], 'The store is a part behind an interface of core.'),
    ...PARTS.split('|').map((part) =>
      only(`${part}-knows-core`, `^packages/${part}/`, [CORE], 'Siblings meet in the gateway, not in each other.'),
    ),
    only('git-knows-core', '^packages/git/', [CORE], 'Pure, like policy.'),
    only(
      'gateway-names-no-protocol',
      '^packages/gateway/',
      [CORE, `^packages/(${PARTS})/`],
      'The gateway composes parts; it knows neither store nor protocols.',
    ),
    only(
      'cli-is-the-root',
      '^packages/cli/',
      ['^packages/', '^protocols/'],
      'The composition root reaches everything but scripts and fixtures.',
    ),
    {
      name: 'protocols-stand-alone',
      comment: 'A new protocol is one new folder: protocols know core, ssh and http also git.',
      severity: 'error',
      from: { path: '^protocols/([^/]+)/', pathNot: TESTS },
      to: { path: '^(packages|protocols|scripts|test-fixtures)/', pathNot: [CORE, '^protocols/$1/', '^packages/git/'] },
    },
    {
      name: 'git-is-for-ssh-and-http',
      severity: 'error',
      from: { path: '^(packages|protocols)/', pathNot: '^(packages/git|protocols/ssh|protocols/http)/' },
      to: { path: '^packages/git/' },
    },
    {
      name: 'tests-may-use-store-and-fixtures',
      comment: 'A test reaches further than its package only for a real store, the playbook and real servers. The cli tests everything.',
      severity: 'error',
      from: { path: `^(packages|protocols)/([^/]+)/.*(${TESTS})`, pathNot: '^packages/(cli|gateway)/' },
      to: { path: '^(packages|protocols|scripts|test-fixtures)/', pathNot: ['^$1/$2/', CORE, '^packages/store/', '^test-fixtures/'] },
    },
    {
      name: 'testing-is-for-tests',
      comment: 'Gates and hosts that do what a test says are no part of the product.',
      severity: 'error',
      from: { path: '^(packages|protocols)/', pathNot: [TESTS, '^packages/core/src/testing/'] },
      to: { path: '^packages/core/src/testing/' },
    },
    {
      name: 'one-door',
      comment: 'Another package is entered by its name, not by a path into its source.',
      severity: 'error',
      from: { path: '^(packages|protocols)/([^/]+)/' },
      to: { path: '^(packages|protocols)/', pathNot: ['^$1/$2/', '/src/index[.]ts$', '^packages/core/src/testing/index[.]ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules|[.]cache|^scripts/compat/clients/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.cjs', '.js'],
    },
  },
};
