import { ApiObject } from 'cdk8s';
import { KustomizeApp } from '../../lib/kustomize/kustomize-app';
import { KustomizeUnit } from '../../lib/kustomize/kustomize-unit';

/**
 * `versioned-app.js <root> <version> [forever]`: an app whose every file names the version, and whose number of files
 * depends on it, so that a mixture of two versions shows. Forever: one version after the other, until it is killed.
 */
const [root, first, forever] = process.argv.slice(2);

for (let version = Number(first); ; version++) {
  const app = new KustomizeApp({ root });
  for (let cell = 0; cell < 20 + version % 3; cell++) {
    const unit = new KustomizeUnit(app, `cell-${cell}`, { cell: `cell-${cell}`, unit: 'server', namespace: `cell-${cell}`, labels: { version: `version-${version}` } });
    for (const name of ['one', 'two']) {
      new ApiObject(unit, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: `version-${version}\n${'filler '.repeat(500)}\n` } });
    }
  }
  app.addFolder('dist/report', new Map(Array.from({ length: 10 + version % 2 }, (_, page) => [`page-${page}.html`, `version-${version}\n`])));
  app.addFile('dist/cloud/main.json', `version-${version}\n`);
  app.synth();
  if (!forever) {
    break;
  }
  process.stdout.write(`${version}\n`);
}
