import { execFileSync } from 'node:child_process';
import { PROJECT } from '../house/sources';

/** Files of the provider that a program loads. */
function providerFiles(program: string): string[] {
  const listing = `${program}; console.log(JSON.stringify(Object.keys(require.cache)))`;
  const files = JSON.parse(execFileSync(process.execPath, ['-r', 'sucrase/register/ts', '-e', listing], { cwd: PROJECT, encoding: 'utf8' })) as string[];
  return files.flatMap(file => /node_modules\/@cdktf\/provider-google\/lib\/(.+)$/.exec(file)?.slice(1) ?? []);
}

test('./gke loads what it makes of the provider, and never its index', () => {
  const files = providerFiles('require(\'./lib/gke\')');
  expect(files).toContain('container-cluster/index.js');
  expect(files).not.toContain('index.js');
  expect(new Set(files.map(file => file.split('/')[0])).size).toBeLessThan(30);
});

test('the index would be noticed', () => {
  expect(providerFiles('require(\'@cdktf/provider-google\')')).toContain('index.js');
});
