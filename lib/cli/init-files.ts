import * as fs from 'node:fs';
import * as path from 'node:path';

/** The first lines of a project are the last that its owner would look up. */
const APP = `import { existsSync } from 'node:fs';
import { Accelerator, KustomizeApp, Model, VllmCell, VllmCluster } from 'cdk8s-vllm';

if (existsSync('.env')) {
  process.loadEnvFile();
}
const { BUCKET = 'my-models', REGION = 'us-central1', NAMESPACE = 'vllm' } = process.env;

const app = new KustomizeApp({ root: __dirname });
const cell = new VllmCell(app, {
  accelerator: Accelerator.L4, storage: 'gcs', model: Model.QWEN3_8B, server: { maxModelLen: 16384 },
  units: ['weights', 'monitoring', 'autoscaling', 'chat'],
  namespace: NAMESPACE, bucket: BUCKET, region: REGION,
});
const cluster = new VllmCluster(app, { namespace: NAMESPACE, cells: [cell] });
app.synth();
console.log(cell.line());
console.log('grants:', ...[...cell.identities, ...cluster.identities].map(({ serviceAccountName, grants }) => \`\\n  \${serviceAccountName} \${JSON.stringify(grants)}\`));
`;

const SETTINGS = `# Settings of app.ts; copy this file to .env, which is not committed. What a line leaves out has the value that stands here.
# Bucket of the weights; names of buckets are unique in the world
BUCKET=my-models
# Region of the bucket and of the cluster
REGION=us-central1
# Namespace of every object
NAMESPACE=vllm
`;

const readme = (name: string) => `# ${name}

Qwen3 8B on one L4, served by vLLM on GKE: [cdk8s-vllm](https://www.npmjs.com/package/cdk8s-vllm) writes the manifests.

\`\`\`sh
npm install
cp .env.example .env                                   # your bucket and region
npm run synth                                          # writes dist/kustomize, prints what each account may do
npm run deploy                                         # what a cluster needs once, the weights into the bucket, the server
\`\`\`

The last command needs a GKE cluster that \`kubectl\` talks to, with a node pool of the printed machine and an ephemeral local SSD, the
bucket, and the printed grants: a service account reads or writes its folder of the bucket. A server starts when its weights are complete.

Another model or card is a word in \`app.ts\`. \`npx cdk8s-vllm plan MODEL\` says which machines hold it, how fast they are and what that
costs. Commit \`dist\`: what a change does to the cluster is then in its diff.
`;

const TSCONFIG = {
  compilerOptions: { target: 'ES2022', module: 'Node16', moduleResolution: 'Node16', types: ['node'], strict: true },
  include: ['*.ts'],
};

/** The files of a new project of that name, by their path. */
export function projectFiles(name: string): { readonly [file: string]: string } {
  return {
    'package.json': json(packageOf(name)),
    'tsconfig.json': json(TSCONFIG),
    'app.ts': APP,
    '.env.example': SETTINGS,
    '.gitignore': 'node_modules\n.env\n*.js\n',
    'README.md': readme(name),
  };
}

/** Its libraries are the releases that this one was tested with. */
function packageOf(name: string): object {
  const { name: library, version, engines, devDependencies } = ownPackage();
  const pick = (...names: string[]) => Object.fromEntries(names.map(one => [one, devDependencies[one]]));
  return {
    name,
    private: true,
    engines,
    scripts: {
      synth: 'tsc && node app.js',
      deploy: ['cluster', 'l4-gcs/weights', 'l4-gcs'].map(folder => `kubectl apply -k dist/kustomize/${folder}`).join(' && '),
    },
    dependencies: { [library]: version, ...pick('cdk8s', 'cdk8s-plus-28', 'constructs') },
    devDependencies: pick('@types/node', 'typescript'),
  };
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly engines: object;
  readonly devDependencies: { readonly [name: string]: string };
}

/** Ours, which lies above the sources and, one folder further up, above what is built from them. */
function ownPackage(folder = __dirname): Package {
  const file = path.join(folder, 'package.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) as Package : ownPackage(path.dirname(folder));
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
