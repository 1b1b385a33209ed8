import { helpOf } from '../../scripts/docs/help';
import { pages, textOf } from '../../scripts/docs/pages';
import { Command, commandsIn, commandsOf, prose } from './commands';
import { judge, projectFacts } from './judge';
import { World } from './world';

const project = projectFacts(Object.fromEntries(['plan', 'lock', 'upgrade', 'digest', 'benchmark'].map(command => [command, helpOf(command)])));
const world = World.make();

function problems(commands: readonly Command[]): string[] {
  return commands.flatMap(command => judge(command, project, world).map(problem => `${command.text}: ${problem}`));
}

/** Its namespace is the reader's. All of it is run, by test/walkthrough. */
const FOLLOWED = 'docs/brownfield.md';
const commands = new Map(pages().filter(page => page !== FOLLOWED).map(page => [page, commandsIn(textOf(page))] as const));

test.each([...commands].filter(([, found]) => found.length > 0))('every command of %s can be run as far as it needs no cloud', (_, found) => {
  expect(problems(found)).toEqual([]);
});

/** Paths of the project that a page names and that are not there; words in capitals are the reader's to name. */
function missingPaths(text: string): string[] {
  const named = prose(text).matchAll(/`((?:\.ci|\.github|apps|bench|dist|docs|examples|imports|lib|scripts|test)\/[\w./-]+)`/g);
  return [...named].map(match => match[1]).filter(path => !/(?:^|\/)[A-Z]{2,}/.test(path) && !world.has(path));
}

// What was is named in the changes.
test.each(pages().filter(page => page !== 'CHANGELOG.md'))('every path that %s names is there', (page) => {
  expect(missingPaths(textOf(page))).toEqual([]);
});

test('a planted path that is not there is found', () => {
  expect(missingPaths('`lib/nowhere/x.ts`, `lib/weights/NAME.ts`, `lib/catalog`, `dist/kustomize/chatbot`')).toEqual(['lib/nowhere/x.ts']);
});

test('there are commands to judge', () => {
  const all = [...commands.values()].flat();
  expect(all.length).toBeGreaterThan(80);
  expect(all.map(({ words }) => words[0])).toEqual(expect.arrayContaining(['npm', 'npx', 'kubectl', 'terraform', 'gcloud', 'curl']));
});

test.each([
  ['kubectl apply -k dist/kustomize/l5-gcs', 'dist/kustomize/l5-gcs is no kustomization'],
  ['npm ci && npm run sinth', 'package.json has no script \'sinth\''],
  ['CDK8S_VLLM_BUKET=a npm run synth', 'there is no setting CDK8S_VLLM_BUKET'],
  ['npx cdk8s-vllm look google/gemma-2-9b-it', 'cdk8s-vllm has no command \'look\''],
  ['npx cdk8s-vllm lock google/gemma-2-9b-it --revisions main', 'cdk8s-vllm lock has no option --revisions'],
  ['npm install cdk8s-vlm', 'cdk8s-vlm is neither this package nor a peer of it'],
  ['kubectl wait --namespace vllm --for=condition=complete job -l app=vllm-openai-gcs-l4-loder',
    'no job in the namespace \'vllm\' has the labels app=vllm-openai-gcs-l4-loder'],
  ['kubectl logs --namespace vllm deployment/vllm-openai-gcs-l4 -c server', 'vllm-openai-gcs-l4 has no container \'server\''],
  ['kubectl logs deployment/vllm-openai-gcs-l4', 'it does not say --namespace'],
  ['kubectl port-forward --namespace vllm service/vllm-openai-gcs-l4 8001 &', 'the Service has no port 8001'],
  ['kubectl get pods --namespace vlm -l app=vllm-openai-gcs-l4', 'nothing is in the namespace \'vlm\''],
  ['kubectl create secret generic hf-token --namespace vllm --from-file=token=FILE', 'no pod reads the Secret \'hf-token\''],
  ['kubectl create secret generic hugging-face-token --namespace vllm --from-file=key=FILE',
    'no pod reads the key \'key\' of the Secret \'hugging-face-token\''],
  ['kubectl create secret docker-registry registri --namespace search --from-file=.dockerconfigjson=FILE', 'no pod reads the Secret \'registri\''],
  ['kubectl create secret docker-registry registry --namespace search --from-file=config.json', 'no pod reads the key \'config.json\' of the Secret \'registry\''],
  ['eval "$(terraform -chdir=dist/terraform/stacks/gke output -raw credential_command)"', 'terraform has no output \'credential_command\''],
  ['terraform -chdir=dist/terraform/stacks/gke destroy -var protection=false', 'terraform has no variable \'protection\''],
  ['gcloud storage buckets add-iam-policy-binding gs://b --role=roles/storage.admin --member=$PODS/chatbot', 'no workload gets the role roles/storage.admin'],
  ['gcloud storage buckets add-iam-policy-binding gs://b --role=roles/storage.objectUser --member=$PODS/chat', 'there is no service account \'chat\''],
  ['curl http://localhost:8000/v1/chat/completions --json \'{"model": "gemma"}\'', 'no server serves \'gemma\''],
  ['frobnicate --all', '\'frobnicate\' is a program that this test does not know'],
])('a planted %s is found', (line, problem) => {
  expect(commandsOf(line).flatMap(command => judge(command, project, world))).toContain(problem);
});

test('a line is taken apart as a shell does it', () => {
  const shown = (line: string) => commandsOf(line).map(({ words, variables }) => [variables, ...words]);
  expect(shown('A=1 B="two three" npm run x -- --y && echo \'a # b\' | grep c # why')).toEqual([
    [{ A: '1', B: 'two three' }, 'npm', 'run', 'x', '--', '--y'], [{}, 'echo', 'a # b'], [{}, 'grep', 'c'],
  ]);
  expect(shown('X=a/$(gcloud b --c=\'d(e)\')/f')).toEqual([[{}, 'gcloud', 'b', '--c=d(e)'], [{ X: 'a/$()/f' }]]);
  expect(shown('eval "$(terraform output x)" && kubectl y &')).toEqual([
    [{}, 'terraform', 'output', 'x'], [{}, 'eval', '$()'], [{}, 'kubectl', 'y'],
  ]);
});
