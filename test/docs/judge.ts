import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../scripts/docs/example';
import { settingsTable } from '../../apps/settings';
import { Command } from './commands';
import { judgeKubectl } from './judge-kubectl';
import { World } from './world';

/** What the docs say of the command line and of the package. */
export interface Project {
  readonly scripts: { readonly [name: string]: string };
  readonly packages: readonly string[];
  readonly commands: { readonly [command: string]: string };
  readonly terraform: { readonly variables: readonly string[]; readonly outputs: readonly string[] };
  readonly roles: readonly string[];
}

const SETTINGS = [...settingsTable().matchAll(/`(CDK8S_VLLM_\w+)`/g)].map(match => match[1]);
/** Programs of the machine that are called for what they do everywhere. */
const PLAIN = ['docker', 'git', 'grep', 'ls', 'mkdir', 'cp', 'cat', 'openssl'];
const NPM = ['ci', 'cit', 'init', 'install', 'test', 'pack', 'publish', 'version', 'run'];
const GCLOUD = [
  'builds submit', 'projects describe', 'projects add-iam-policy-binding', 'storage buckets', 'storage cp', 'container clusters',
  'container node-pools', 'secrets versions',
];
/** Packages that examples compile with, by what their name begins with. */
const COMPILER = /^(?:typescript@6|@types\/node)$/;

/** What is wrong with a command of the docs; nothing, if it can be run as it stands. */
export function judge(command: Command, project: Project, world: World): string[] {
  const { words: [program, ...args], variables } = command;
  const exported = program === 'export' ? args.map(arg => arg.split('=')[0]) : [];
  const settings = [...Object.keys(variables), ...exported].filter(name => name.startsWith('CDK8S_VLLM_') && !SETTINGS.includes(name));
  return [...settings.map(name => `there is no setting ${name}`), ...judgeProgram(program, args, project, world)];
}

function judgeProgram(program: string | undefined, args: readonly string[], project: Project, world: World): string[] {
  switch (program) {
    case undefined:
    case 'eval':
    case 'export':
      return [];
    case 'npm':
      return judgeNpm(args, project);
    case 'npx':
      return judgeNpx(args, project, world);
    case 'node':
    case 'bash':
      return paths(args.filter(arg => !arg.startsWith('-') && arg.includes('/')), world);
    case 'python3':
      return paths(args.filter(arg => arg.endsWith('.py')).map(arg => arg.replace(`node_modules/${project.packages[0]}/`, '')), world);
    case 'kubectl':
      return judgeKubectl(args, world);
    case 'terraform':
      return judgeTerraform(args, project, world);
    case 'gcloud':
      return judgeGcloud(args, project, world);
    case 'curl':
      return judgeCurl(args, world);
    default:
      return PLAIN.includes(program) ? [] : [`'${program}' is a program that this test does not know`];
  }
}

function paths(names: readonly string[], world: World): string[] {
  return names.filter(name => !world.has(name)).map(name => `${name} is not there`);
}

function judgeNpm([verb, ...args]: readonly string[], { scripts, packages }: Project): string[] {
  if (!NPM.includes(verb)) {
    return [`npm ${verb} is a command that this test does not know`];
  }
  if (verb === 'run') {
    return args[0] in scripts ? [] : [`package.json has no script '${args[0]}'`];
  }
  return verb === 'install' ? args.filter(name => !name.startsWith('-') && !packages.includes(name) && !COMPILER.test(name)).map(name => `${name} is neither this package nor a peer of it`) : [];
}

function judgeNpx([program, ...args]: readonly string[], { packages, commands }: Project, world: World): string[] {
  if (program !== packages[0]) {
    const missing = existsSync(join(PROJECT, 'node_modules/.bin', program)) ? [] : [`no package here has the program '${program}'`];
    return [...missing, ...paths(args.filter(arg => /^[a-z].*\/.*\.ts$/.test(arg)), world)];
  }
  const [command, ...rest] = args;
  if (!(command in commands)) {
    return [`${program} has no command '${command}'`];
  }
  const options = rest.filter(arg => arg.startsWith('--')).map(arg => arg.split('=')[0]);
  return options.filter(option => !new RegExp(`${option}(?![\\w-])`).test(commands[command]))
    .map(option => `${program} ${command} has no option ${option}`);
}

function judgeTerraform(args: readonly string[], { terraform }: Project, world: World): string[] {
  const folders = args.filter(arg => arg.startsWith('-chdir=')).map(arg => arg.split('=')[1]);
  const [verb, ...rest] = args.filter(arg => !arg.startsWith('-chdir='));
  const outputs = verb === 'output' ? rest.filter(arg => !arg.startsWith('-') && !/^[>.]/.test(arg)) : [];
  const variables = rest.flatMap((arg, index) => rest[index - 1] === '-var' ? [arg.split('=')[0]] : []);
  return [
    ...paths(folders, world),
    ...['init', 'validate', 'plan', 'apply', 'destroy', 'output'].includes(verb) ? [] : [`terraform ${verb} is a command that this test does not know`],
    ...outputs.filter(name => !terraform.outputs.includes(name)).map(name => `terraform has no output '${name}'`),
    ...variables.filter(name => !terraform.variables.includes(name)).map(name => `terraform has no variable '${name}'`),
  ];
}

function judgeGcloud(args: readonly string[], { roles }: Project, world: World): string[] {
  const known = GCLOUD.includes(args.slice(0, 2).join(' ')) ? [] : [`gcloud ${args.slice(0, 2).join(' ')} is a command that this test does not know`];
  const option = (name: string) => args.filter(arg => arg.startsWith(`--${name}=`)).map(arg => arg.slice(name.length + 3));
  const accounts = option('member').map(member => member.split('/').at(-1)!);
  return [
    ...known,
    ...paths(args.filter(arg => arg.startsWith('dist/')), world),
    ...option('role').filter(role => !roles.includes(role)).map(role => `no workload gets the role ${role}`),
    ...accounts.filter(name => !world.find('ServiceAccount', ({ metadata }) => metadata.name === name)).map(name => `there is no service account '${name}'`),
  ];
}

/** A server is asked by its path and by the name of a model that some Deployment serves. */
function judgeCurl(args: readonly string[], world: World): string[] {
  const body = args[args.indexOf('--json') + 1];
  const model = args.includes('--json') ? (JSON.parse(body) as { model: string }).model : undefined;
  const url = args.find(arg => arg.startsWith('http'));
  const served = (name: string) => world.find('Deployment', ({ spec }) => JSON.stringify(spec).includes(`--served-model-name=${name}"`));
  return [
    ...url !== undefined && /^http:\/\/localhost:\d+\/(?:v1\/chat\/completions|v1\/models|metrics|health)$/.test(url) ? [] : [`${url} is no address of a server here`],
    ...model === undefined || served(model) ? [] : [`no server serves '${model}'`],
  ];
}

/** What package.json, the command line and the Terraform JSON say. */
export function projectFacts(help: { readonly [command: string]: string }): Project {
  const json = <T>(file: string) => JSON.parse(readFileSync(join(PROJECT, file), 'utf8')) as T;
  const { name, scripts, peerDependencies } = json<{ name: string; scripts: Project['scripts']; peerDependencies: object }>('package.json');
  const file = 'dist/terraform/stacks/gke/cdk.tf.json';
  const { variable, output } = json<{ variable: object; output: object }>(file);
  return {
    scripts, packages: [name, ...Object.keys(peerDependencies)], commands: help,
    terraform: { variables: Object.keys(variable), outputs: Object.keys(output) },
    roles: [...readFileSync(join(PROJECT, file), 'utf8').matchAll(/"role": "([^"]+)"/g)].map(match => match[1]),
  };
}
