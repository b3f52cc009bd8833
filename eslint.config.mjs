import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '.vscode-test/'] },
  {
    files: ['src/**/*.ts', 'webview/**/*.{ts,tsx}', 'test/**/*.ts', 'benchmark/**/*.ts', 'scripts/**/*.ts'],
    extends: [eslint.configs.recommended, tseslint.configs.strict],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // A leading underscore says that a parameter only keeps its place.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A class of static methods only is no class; a constructor that only stores its parameters is fine.
      '@typescript-eslint/no-extraneous-class': ['error', { allowConstructorOnly: true }],
      eqeqeq: ['error', 'always'],
      'no-console': 'off',
    },
  },
  {
    // What ships in the editor logs through its own channel.
    files: ['src/features/**/*.ts', 'src/extension.ts', 'src/estimator/**/*.ts', 'src/vllm/**/*.ts', 'webview/**/*.{ts,tsx}'],
    rules: { 'no-console': 'error' },
  },
);
