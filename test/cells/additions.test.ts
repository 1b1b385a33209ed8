import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProjectCopy, PROJECT } from '../dist/project-copy';

let copy: ProjectCopy;
beforeEach(() => {
  copy = new ProjectCopy();
});
afterEach(() => copy.remove());

/** Replaces the text once in a file of the copy. */
function edit(file: string, before: string | RegExp, after: string): void {
  const text = readFileSync(copy.path(file), 'utf8');
  expect(text).toMatch(before);
  writeFileSync(copy.path(file), text.replace(before, after));
}

/** Files that differ from the project's. */
function touched(): string[] {
  return ['apps', 'lib', 'imports'].flatMap(folder => (readdirSync(copy.path(folder), { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name)))
    .map(file => file.slice(copy.folder.length + 1))
    .filter(file => readOrNothing(join(PROJECT, file)) !== readFileSync(copy.path(file), 'utf8'));
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const SHARE = `
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { IWeightsStorage, WEIGHTS_VOLUME, WeightsBinding, WeightsBindingProps } from './weights-binding';

export interface FilestoreOptions {
  readonly storageClassName?: string;
}

export class Filestore implements IWeightsStorage {
  static forCell(): IWeightsStorage {
    return new Filestore({});
  }

  readonly id = 'nfs';
  readonly csiDrivers = [CSI_DRIVERS.filestore];

  constructor(private readonly options: FilestoreOptions) {}

  cacheBytes(): number {
    return 0;
  }

  bytesPerSecond(): number {
    return 1e9;
  }

  bind(scope: Construct, { name, labels }: WeightsBindingProps): WeightsBinding {
    new k8s.KubePersistentVolumeClaim(scope, 'Claim', {
      metadata: { name, labels: { ...labels } },
      spec: {
        accessModes: ['ReadOnlyMany'], storageClassName: this.options.storageClassName ?? 'standard-rwx',
        resources: { requests: { storage: k8s.Quantity.fromString('1Ti') } },
      },
    });
    return { volume: { name: WEIGHTS_VOLUME, persistentVolumeClaim: { claimName: name, readOnly: true } }, volumes: [], podAnnotations: {}, egress: [] };
  }
}
`;

test('a new storage is its file, the list, the factory and the export of its options; its cells and its driver follow', async () => {
  writeFileSync(copy.path('lib/weights/filestore.ts'), SHARE);
  edit('lib/weights/storages.ts', '\'gcs\' | \'hdml\' | \'pd\'', '\'gcs\' | \'hdml\' | \'pd\' | \'nfs\'');
  edit('lib/weights/storages.ts', '  pd: PersistentDisk,\n', '  pd: PersistentDisk,\n  nfs: Filestore,\n');
  edit('lib/weights/storages.ts', 'import { GcsFuse }', 'import { Filestore } from \'./filestore\';\nimport { GcsFuse }');
  edit('lib/weights/weights-storage.ts', 'export abstract class WeightsStorage {\n',
    'export abstract class WeightsStorage {\n  static filestore(options: FilestoreOptions): IWeightsStorage {\n    return new Filestore(options);\n  }\n');
  edit('lib/weights/weights-storage.ts', 'import { GcsFuse,', 'import { Filestore, FilestoreOptions } from \'./filestore\';\nimport { GcsFuse,');
  edit('lib/weights/index.ts', 'export type { GcsFuseOptions', 'export type { FilestoreOptions } from \'./filestore\';\nexport type { GcsFuseOptions');
  expect(touched().sort()).toEqual([
    'lib/weights/filestore.ts', 'lib/weights/index.ts', 'lib/weights/storages.ts', 'lib/weights/weights-storage.ts',
  ]);

  const { code, output } = await copy.synth({ CDK8S_VLLM_CELLS: 'l4-nfs,h200-nfs,l4-gcs' });
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  const { dist } = copy;
  expect(Object.keys(dist)).toEqual(expect.arrayContaining([
    'kustomize/l4-nfs/server/persistentvolumeclaim-vllm-openai-nfs-l4.yaml', 'kustomize/h200-nfs/server/deployment-vllm-openai-nfs-h200.yaml',
  ]));
  expect(Object.keys(dist).filter(file => /nfs\/(?:hydration|snapshot)/.test(file))).toEqual([]);
  expect(dist['terraform/stacks/gke/cdk.tf.json']).toMatch(/"gcp_filestore_csi_driver_config": \{\s*"enabled": true/);
  expect(JSON.parse(dist['report/cells.json']).map(({ id }: { id: string }) => id)).toEqual(['l4-gcs', 'l4-nfs', 'h200-nfs']);
});

test('a new cell is one line of the matrix', async () => {
  edit('apps/matrix.ts', 'export const CELLS: MatrixCell[] = [\n',
    'export const CELLS: MatrixCell[] = [\n  { accelerator: Accelerator.L4, storage: \'gcs\', variant: \'qwen3\', model: Model.QWEN3_8B, server: {} },\n');
  expect(touched()).toEqual(['apps/matrix.ts']);
  expect((await copy.synth({ CDK8S_VLLM_CELLS: 'l4-gcs-qwen3' })).code).toBe(0);
  expect(Object.keys(copy.dist)).toContain('kustomize/l4-gcs-qwen3/server/deployment-vllm-openai-gcs-qwen3-l4.yaml');
});

const GREETER = `
import { Construct } from 'constructs';
import { named } from '../../common/refusal';
import { Contract, podPrograms, PodProps, ProgramImage, ProgramJob } from '../../pods';
import { VllmServer } from '../../serving';
import { ServerClient } from '../server-client';
import contract from './contract.json';

const CONTRACT = new Contract(contract);

export class Greeter extends Construct {
  constructor(scope: Construct, id: string, props: PodProps & { readonly server: VllmServer; readonly times?: number }) {
    super(scope, id);
    try {
      const { server, serviceAccountName } = props;
      const { name, labels, podLabels, identity } = new ServerClient(this, 'Client', {
        server, app: CONTRACT.name, name: server.name + '-greeter', component: 'greeter', serviceAccountName,
      });
      new ProgramJob(this, 'Job', {
        name, labels, podLabels, platform: props, serviceAccountName: identity.serviceAccountName, contract: CONTRACT, spec: { backoffLimit: 1 }, graceSeconds: 5,
        args: ['--url=' + server.url, '--times=' + CONTRACT.number('times', 'times', props.times)],
        programs: podPrograms(this, { name, labels, image: new ProgramImage({ contract: CONTRACT, base: 'docker.io/library/python:3.13', directory: __dirname }) }),
        resources: { cpu: '1', memory: '128Mi', ephemeralStorage: '64Mi' },
      });
    } catch (error) {
      throw named(this, error);
    }
  }
}
`;

const GREETER_CONTRACT = {
  name: 'greeter', description: 'Greets a server.', shared: [],
  arguments: {
    url: { type: 'string', help: 'Address of the server.', required: true },
    times: { type: 'integer', help: 'Greetings.', default: 3, least: 1, most: 9 },
  },
  exits: { USAGE: { meaning: 'The program was called wrongly.', final: true }, UNAVAILABLE: { meaning: 'The server is away.', final: false } },
};

const GREETING_APP = `
const { Accelerator, Greeter, KustomizeApp, KustomizeUnit, Model, VllmServer, WeightsStorage, WeightsVolume } = require('./lib');
const app = new KustomizeApp({ root: __dirname });
const unit = name => new KustomizeUnit(app, name, { cell: 'greeting', unit: name, namespace: 'vllm' });
const server = unit('server');
const weights = new WeightsVolume(server, 'weights', { model: Model.GEMMA_2_9B_IT, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
new Greeter(unit('greeter'), 'greeter', {
  server: new VllmServer(server, 'server', { weights, accelerator: Accelerator.H100 }), times: Number(process.argv[2]),
});
app.synth();
`;

test('a new workload is its folder and one line; its program, its bounds and its final exits follow', () => {
  const folder = 'lib/workloads/greeter';
  mkdirSync(copy.path(folder, 'program'), { recursive: true });
  writeFileSync(copy.path(folder, 'greeter.ts'), GREETER);
  writeFileSync(copy.path(folder, 'contract.json'), `${JSON.stringify(GREETER_CONTRACT)}\n`);
  writeFileSync(copy.path(folder, 'program/main.py'), 'from contract import Contract\n\nprint("hello", Contract().parse().url)\n');
  edit('lib/workloads/index.ts', /^/, 'export * from \'./greeter/greeter\';\n');
  expect(touched().filter(file => !file.startsWith(`${folder}/`))).toEqual(['lib/workloads/index.ts']);

  writeFileSync(copy.path('greeting.js'), GREETING_APP);
  const synth = (times: number) => spawnSync(process.execPath, ['-r', 'sucrase/register/ts', 'greeting.js', `${times}`], { cwd: copy.folder, encoding: 'utf8' });
  expect(synth(10).stderr).toContain('Greeter \'greeter\': \'times\' (10) must be a whole number from 1 to 9');
  expect(synth(2)).toMatchObject({ status: 0, stderr: '' });
  const { dist } = copy;
  expect(dist['kustomize/programs/greeter/main.py']).toContain('hello');
  const job = dist['kustomize/greeting/greeter/job-vllm-openai-gcs-h100-greeter.yaml'];
  expect(job).toContain('--times=2');
  expect(job).toMatch(/action: FailJob\n\s+onExitCodes:\n(?:.*\n){1,3}?\s+values:\n\s+- 64\n/);
});
