import stylistic from '@stylistic/eslint-plugin';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['build/', 'dist/', 'node_modules/', 'imports/*.com.ts', 'test/output/'] },
  ...tseslint.configs.recommended,
  stylistic.configs.customize({ indent: 2, quotes: 'single', semi: true, jsx: false, braceStyle: '1tbs', arrowParens: false }),
  {
    files: ['**/*.ts'],
    rules: {
      '@stylistic/max-len': ['error', { code: 140, ignoreUrls: true, ignoreTemplateLiterals: true, ignoreStrings: true }],
      '@stylistic/quote-props': ['error', 'as-needed'],
      '@stylistic/multiline-ternary': 'off',
      '@stylistic/operator-linebreak': 'off',
      '@stylistic/max-statements-per-line': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-imports': ['error', {
        patterns: [{ group: ['cdktf', 'cdktf/*', '@cdktf/*'], message: 'cdktf is imported in lib/gke, apps/gke.ts and apps/gke-stack.ts only' }],
      }],
    },
  },
  {
    // Value classes whose props are their fields: an interface of the same name beside the class declares them once.
    files: ['lib/catalog/{accelerator,machine-type,model}.ts', 'lib/planning/{memory-plan,throughput-plan}.ts', 'lib/serving/vllm-metric.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-declaration-merging': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
    },
  },
  // They run before anything can compile them.
  { files: ['scripts/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['lib/gke/**', 'apps/gke.ts', 'apps/gke-stack.ts', 'test/gke/**', 'test/terraform/**', 'bench/stack.ts'], rules: { 'no-restricted-imports': 'off' } },
);
