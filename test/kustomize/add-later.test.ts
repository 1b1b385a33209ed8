import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { addSyntheticCell } from '../../bench/synthetic-cell';
import { KustomizeApp, KustomizeUnit, Refusal } from '../../lib';
import { contentOf, temporaryFolders } from './folders';

const temporaryFolder = temporaryFolders();

function addConfig(scope: Construct, cell: string, unit: string, name = unit): KustomizeUnit {
  const made = new KustomizeUnit(scope, `${cell}-${unit}`, { cell, unit, namespace: cell });
  new k8s.KubeConfigMap(made, 'config', { metadata: { name }, data: { a: '1' } });
  return made;
}

test('what is made later is written as what is there from the beginning', () => {
  const [atOnce, later] = [temporaryFolder(), temporaryFolder()].map(root => new KustomizeApp({ root }));
  for (const index of [0, 1, 2]) {
    addSyntheticCell(atOnce, index);
    later.addLater(app => addSyntheticCell(app, index));
  }
  [atOnce, later].forEach(app => addConfig(app, 'own', 'server'));
  [atOnce, later].forEach(app => app.synth());
  expect(contentOf(later.outdir)).toEqual(contentOf(atOnce.outdir));
});

test('the constructs of one call are there when it is its turn, and no others', () => {
  const app = new KustomizeApp({ root: temporaryFolder() });
  const seen: string[][] = [];
  const children = (): string[] => app.node.children.map(({ node }) => node.id);
  addConfig(app, 'own', 'server');
  for (const cell of ['one', 'two']) {
    app.addLater(scope => addConfig(scope, cell, 'server').node.addValidation({ validate: () => (seen.push(children()), []) }));
  }
  expect(children()).toEqual(['own-server']);
  app.synth();
  expect(seen).toEqual([['own-server', 'one-server'], ['own-server', 'two-server']]);
  expect(children()).toEqual(['own-server']);
});

test('it may add to a unit that is there, and files beside the manifests', () => {
  const root = temporaryFolder();
  const app = new KustomizeApp({ root });
  const own = addConfig(app, 'own', 'server');
  const cells: string[] = [];
  app.addLater((scope) => {
    addConfig(scope, 'one', 'server');
    new k8s.KubeConfigMap(own, 'more', { metadata: { name: 'more' } });
    cells.push('one');
  });
  app.addLater(() => app.addFile('dist/cells.json', JSON.stringify(cells)));
  app.synth();
  expect(Object.keys(contentOf(app.outdir))).toContain('own/server/configmap-more.yaml');
  expect(contentOf(`${root}/dist`)['cells.json']).toBe('["one"]');
});

test.each<[string, (app: KustomizeApp) => void, string]>([
  ['a cell of two calls', app => ['server', 'chat'].forEach(unit => app.addLater(scope => addConfig(scope, 'one', unit))),
    'KustomizeApp: unit \'one-chat\' is of cell one, which was rendered before it was made. Make all units of a cell in one call of addLater'],
  ['a cell whose units are not all made later', (app) => {
    addConfig(app, 'one', 'server');
    app.addLater(scope => addConfig(scope, 'one', 'chat'));
  }, 'unit \'one-server\' is of cell one, which was rendered'],
  ['what a check refuses', app => app.addLater(scope => addConfig(scope, 'one', 'server', 'No name')), 'ConfigMap \'No name\' in one/server'],
  ['a failing check of a construct', app => app.addLater(scope =>
    addConfig(scope, 'one', 'server').node.addValidation({ validate: () => ['it is too small'] })), '[one-server] it is too small'],
  ['what the maker refuses', app => app.addLater((scope) => {
    addConfig(scope, 'one', 'server');
    throw new Refusal('there is no such machine');
  }), 'there is no such machine'],
])('refuses %s: nothing is written, and nothing is left in the app', (_, build, reason) => {
  const root = temporaryFolder();
  const app = new KustomizeApp({ root });
  build(app);
  const before = app.node.children.length;
  expect(() => app.synth()).toThrow(reason);
  expect(contentOf(root)).toEqual({});
  expect(app.node.children).toHaveLength(before);
});
