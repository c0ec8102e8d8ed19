/** Unit and integration tests: TypeScript as ES modules through swc, no build step. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages', '<rootDir>/protocols', '<rootDir>/scripts', '<rootDir>/test-fixtures'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  reporters: ['default', '<rootDir>/scripts/tally-reporter.mjs'],
  testTimeout: 120_000,
  maxWorkers: 2,
};
