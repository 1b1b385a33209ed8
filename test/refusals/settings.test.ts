import { writeFileSync } from 'node:fs';
import { ProjectCopy } from '../dist/project-copy';
import { stampsOf } from '../kustomize/folders';

const BAD: { readonly [setting: string]: NodeJS.ProcessEnv } = {
  'a name that is unknown': { CDK8S_VLLM_BUKET: 'x' },
  'a region that is a zone': { CDK8S_VLLM_REGION: 'us-central1-a' },
  'a region without the machines': { CDK8S_VLLM_REGION: 'mars-north1' },
  'a region that is misspelt': { CDK8S_VLLM_REGION: 'us-centrall1' },
  'a cell that cannot be': { CDK8S_VLLM_CELLS: 'l4-gcs,t4-hdml' },
  'a cell that the region has not': { CDK8S_VLLM_CELLS: 'b200-gcs', CDK8S_VLLM_REGION: 'europe-west2' },
  'no region': { CDK8S_VLLM_REGION: '' },
  'a number that is none': { CDK8S_VLLM_MAX_NODES: 'five' },
  'a capacity of servers that is none': { CDK8S_VLLM_CAPACITY: 'queued' },
  'a reservation without its name': { CDK8S_VLLM_CAPACITY: 'reservation', CDK8S_VLLM_CELLS: 'l4-gcs' },
  'a capacity that the machine is not sold as': { CDK8S_VLLM_CAPACITY: 'on-demand', CDK8S_VLLM_CELLS: 'b200-gcs' },
  'no node': { CDK8S_VLLM_MAX_NODES: '0' },
  'more nodes than a cluster has': { CDK8S_VLLM_MAX_NODES: '1000000' },
  'a release with a known critical hole': { CDK8S_VLLM_RELEASE: '0.10.2' },
  'a release that is not pinned': { CDK8S_VLLM_RELEASE: 'latest' },
  'a bucket with its scheme': { CDK8S_VLLM_BUCKET: 'gs://my-models' },
  'no bucket': { CDK8S_VLLM_BUCKET: '' },
  'a namespace that is no DNS label': { CDK8S_VLLM_NAMESPACE: 'My_Models' },
  'a cell that the matrix has not': { CDK8S_VLLM_CELLS: 'l4-gcs,l5-gcs' },
};

let project: ProjectCopy;
let before: Record<string, string>;
beforeAll(async () => {
  project = new ProjectCopy();
  writeFileSync(project.path('.env'), 'CDK8S_VLLM_CELLS=l4-gcs\n');
  expect((await project.synth()).code).toBe(0);
  before = outputOf(project);
});
afterAll(() => project.remove());

function outputOf({ folder }: ProjectCopy): Record<string, string> {
  return Object.fromEntries(Object.entries(stampsOf(folder)).filter(([name]) => !name.startsWith('node_modules')));
}

test.each(Object.entries(BAD))('%s is refused, and nothing changes', async (_, environment) => {
  const { code, output } = await project.synth(environment);
  expect(output).toMatchSnapshot();
  expect(code).toBe(1);
  expect(outputOf(project)).toEqual(before);
  expect(Object.keys(before)).toContain('dist/report/cells.json');
});

test('a setting that is right is taken by the same command', async () => {
  expect((await project.synth({ CDK8S_VLLM_MAX_NODES: '7' })).code).toBe(0);
  expect(outputOf(project)).not.toEqual(before);
});
