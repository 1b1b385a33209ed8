import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { exampleNames, ExampleProject, EXAMPLES, PROJECT } from '../../scripts/docs/example';
import { pages, textOf } from '../../scripts/docs/pages';
import { contentOf } from '../kustomize/folders';

interface Outcome {
  readonly printed: string;
  readonly files: Record<string, string>;
}

const outcomes = new Map<string, Outcome>();

/** What an example prints, and the files that it writes; it is run once. */
function outcomeOf(name: string): Outcome {
  const outcome = outcomes.get(name) ?? run(name);
  outcomes.set(name, outcome);
  return outcome;
}

function run(name: string): Outcome {
  const project = new ExampleProject();
  try {
    const printed = project.run(name);
    return { printed, files: project.manifests === undefined ? {} : contentOf(project.manifests) };
  } finally {
    project.remove();
  }
}

test.each(exampleNames())('%s does something, and a page shows it', (name) => {
  const { printed, files } = outcomeOf(name);
  expect(printed !== '' || Object.keys(files).length > 1).toBe(true);
  const texts = pages().map(textOf).join('\n');
  expect(texts).toMatch(new RegExp(`<!-- docs: (?:file examples/|output )${name} -->`));
});

test('the example of the README serves: its server, its loader and its grants agree', () => {
  const { files } = outcomeOf('chatbot.ts');
  const texts = Object.values(files).join('\n');
  // the loader fills what the server mounts, and the server insists on the revision that the loader was asked for
  const [, mounted] = /only-dir=([^,"]+)/.exec(texts) ?? [];
  expect(files[Object.keys(files).find(name => /^chatbot\/weights\/job-/.test(name))!]).toContain(mounted);
  const accounts = [...texts.matchAll(/kind: ServiceAccount\nmetadata:\n {2}name: (\S+)/g)].map(match => match[1]);
  expect(accounts.sort()).toEqual(['chatbot', 'chatbot-chat', 'chatbot-loader']);
  const readme = textOf('README.md');
  // the chat page needs nothing of Google Cloud; both others are granted what they need
  expect([...readme.matchAll(/--member=\$PODS\/(\S+)/g)].map(match => match[1]).sort()).toEqual(['chatbot', 'chatbot-loader']);
});

test('the app of the README is short, and has all that it needs', () => {
  expect(readFileSync(join(EXAMPLES, 'chatbot.ts'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  const { files, printed } = outcomeOf('chatbot.ts');
  const units = new Set(Object.keys(files).map(file => /^chatbot\/(\w+)\//.exec(file)?.[1]).filter(unit => unit !== undefined));
  expect([...units].sort()).toEqual(['chat', 'namespace', 'server', 'weights']);
  const grants = JSON.parse(printed.replace('grants: ', '')) as [string, ...{ bucket: string; folder: string; verb: string }[]][];
  expect(grants.map(([name, grant]) => [name, grant?.bucket, grant?.verb])).toEqual([
    ['chatbot', 'my-models', 'read'], ['chatbot-loader', 'my-models', 'write'], ['chatbot-chat', undefined, undefined],
  ]);
});

test('the refusal of the README is the one of today', () => {
  expect(outcomeOf('refused.ts').printed).toMatch(/does not fit.*\n {2}per GPU: .*\n {2}fits: /);
});

test('an example that fails is seen', () => {
  const project = new ExampleProject();
  expect(() => project.run('nothing.ts')).toThrow('examples/nothing.ts fails');
  project.remove();
});

test('Argo CD and Flux are pointed at folders that are there', () => {
  const texts = ['argo-cd.yaml', 'flux.yaml'].map(file => readFileSync(join(EXAMPLES, 'gitops', file), 'utf8'));
  const documents = texts.flatMap(text => parseAllDocuments(text));
  expect(documents.flatMap(document => document.errors)).toEqual([]);
  const specs = documents.map(document => (document.toJS() as { spec: { path?: string; source?: { path: string } } }).spec);
  const paths = specs.map(({ path, source }) => path ?? source?.path).filter(path => path !== undefined);
  const folders = ['dist/kustomize/cluster', 'dist/kustomize/l4-gcs', 'dist/kustomize/l4-gcs/weights'];
  expect(paths).toEqual([...folders, ...folders.map(folder => `./${folder}`)]);
  paths.forEach(path => expect(readFileSync(join(PROJECT, path, 'kustomization.yaml'), 'utf8')).toContain('resources:'));
});
