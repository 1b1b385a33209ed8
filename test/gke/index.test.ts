import { execFileSync } from 'node:child_process';
import { PROJECT } from '../house/sources';

function filesLoadedBy(program: string): string[] {
  const listing = `${program}; console.log(JSON.stringify(Object.keys(require.cache)))`;
  return JSON.parse(execFileSync(process.execPath, ['-r', 'sucrase/register/ts', '-e', listing], { cwd: PROJECT, encoding: 'utf8' })) as string[];
}

const GKE_FILES = filesLoadedBy('require(\'./lib/gke\')');

/** Files of the provider among those that are loaded. */
function providerFiles(files: readonly string[]): string[] {
  return files.flatMap(file => /node_modules\/@cdktf\/provider-google\/lib\/(.+)$/.exec(file)?.slice(1) ?? []);
}

test('./gke loads what it makes of the provider, and never its index', () => {
  const files = providerFiles(GKE_FILES);
  expect(files).toContain('container-cluster/index.js');
  expect(files).not.toContain('index.js');
  expect(new Set(files.map(file => file.split('/')[0])).size).toBeLessThan(30);
});

test('./gke loads neither cdk8s nor the servers, although both layers watch the same signals', () => {
  const foreign = /node_modules\/cdk8s|lib\/(?:serving\/vllm|weights|workloads|pods|kustomize).*\.ts$/;
  expect(GKE_FILES.filter(file => file.endsWith('lib/serving/signals.ts'))).toHaveLength(1);
  expect(GKE_FILES.filter(file => foreign.test(file))).toEqual([]);
  expect(filesLoadedBy('require(\'./lib/serving\')').filter(file => foreign.test(file))).not.toEqual([]);
});

test('the index would be noticed', () => {
  expect(providerFiles(filesLoadedBy('require(\'@cdktf/provider-google\')'))).toContain('index.js');
});
