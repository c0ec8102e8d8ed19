import tseslint from 'typescript-eslint';

/** Only what needs types and biome therefore cannot see: forgotten promises, forgotten cases. */
export default tseslint.config({
  files: ['packages/**/*.ts', 'protocols/**/*.ts', 'scripts/**/*.ts', 'test-fixtures/**/*.ts'],
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
  },
  linterOptions: { noInlineConfig: true },
  plugins: { '@typescript-eslint': tseslint.plugin },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  },
});
