import { Thing, World } from './world';

const VERBS = ['apply', 'create', 'delete', 'describe', 'diff', 'get', 'kustomize', 'logs', 'port-forward', 'rollout', 'wait'];
/** Short and plural names, as far as the docs use them. */
const KINDS: { readonly [name: string]: string } = {
  deploy: 'Deployment', hpa: 'HorizontalPodAutoscaler', ns: 'Namespace', pods: 'Pod', svc: 'Service',
};
/** Words of kubectl that are followed by a value. */
const WITH_VALUE = ['-n', '--namespace', '-l', '--selector', '-c', '--container', '-k', '-f', '-o', '--timeout', '--tail'];

interface Options {
  readonly namespace?: string;
  readonly selector?: string;
  readonly container?: string;
  readonly folder?: string;
  readonly secretFiles: readonly string[];
  /** What is no option. */
  readonly names: readonly string[];
}

/** What is wrong with a command of kubectl, judged by the objects that there are. */
export function judgeKubectl([verb, ...args]: readonly string[], world: World): string[] {
  if (!VERBS.includes(verb)) {
    return [`kubectl ${verb} is a command that this test does not know`];
  }
  const options = optionsOf(args);
  return [
    ...options.folder === undefined || world.isKustomization(options.folder) ? [] : [`${options.folder} is no kustomization`],
    ...judgeNamespace(verb, options, world),
    ...verb === 'create' ? judgeCreated(options, world) : judgeNamed(verb, options, world),
  ];
}

function optionsOf(args: readonly string[]): Options {
  const values = new Map<string, string>();
  const names: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const [name, ...value] = args[index].split('=');
    if (!name.startsWith('-')) {
      names.push(args[index]);
    } else if (value.length > 0) {
      values.set(name, value.join('='));
    } else if (WITH_VALUE.includes(name)) {
      values.set(name, args[++index]);
    }
  }
  return {
    namespace: values.get('--namespace') ?? values.get('-n'),
    selector: values.get('-l') ?? values.get('--selector'),
    container: values.get('-c') ?? values.get('--container'),
    folder: values.get('-k'),
    secretFiles: args.filter(arg => arg.startsWith('--from-file=')).map(arg => arg.split('=')[1]),
    names,
  };
}

function judgeNamespace(verb: string, { namespace, folder, names }: Options, world: World): string[] {
  const cluster = folder !== undefined || verb === 'kustomize' || names.includes('namespace');
  if (namespace === undefined) {
    return cluster ? [] : ['it does not say --namespace'];
  }
  return world.objects.some(({ metadata }) => metadata.namespace === namespace) ? [] : [`nothing is in the namespace '${namespace}'`];
}

/** Namespaces that objects are in, and Secrets that a pod reads, with the same keys. */
function judgeCreated({ names, secretFiles }: Options, world: World): string[] {
  const [kind, ...rest] = names;
  if (kind === 'namespace') {
    return world.objects.some(({ metadata }) => metadata.namespace === rest[0]) ? [] : [`nothing is in the namespace '${rest[0]}'`];
  }
  const [, name] = rest;
  const named = new RegExp(`"secretName":"${name}"|"secretKeyRef":\\{[^}]*"name":"${name}"`
    + `|"imagePullSecrets":\\[[^\\]]*"name":"${name}"`);
  const readers = world.objects.map(({ spec }) => JSON.stringify(spec) ?? '').filter(spec => named.test(spec));
  return kind !== 'secret' || readers.length === 0 ? [`no pod reads the Secret '${name}'`]
    // What images are pulled with has one key, which no pod names.
    : secretFiles.filter(key => rest[0] !== 'docker-registry' || key !== '.dockerconfigjson').filter(key => !readers.some(spec => spec.includes(`"key":"${key}"`)))
        .map(key => `no pod reads the key '${key}' of the Secret '${name}'`);
}

function judgeNamed(verb: string, options: Options, world: World): string[] {
  const { names, selector, container, namespace } = options;
  const [first, ...rest] = verb === 'rollout' ? names.slice(1) : names;
  if (first === undefined || verb === 'kustomize') {
    return selector === undefined ? [] : judgeSelector('Pod', selector, namespace, world);
  }
  const [kindName, name] = first.includes('/') ? first.split('/') : [first, verb === 'port-forward' ? undefined : rest[0]];
  const kind = KINDS[kindName] ?? kindName;
  if (kind === 'events') {
    return [];
  }
  const found = world.find(kind, ({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  return [
    ...name === undefined || found ? [] : [`there is no ${kind} '${name}' in the namespace '${namespace}'`],
    ...selector === undefined ? [] : judgeSelector(kind, selector, namespace, world),
    ...container === undefined || !found || containersOf(found).includes(container) ? [] : [`${name} has no container '${container}'`],
    ...verb === 'port-forward' && found ? judgePorts(found, rest) : [],
  ];
}

/** Labels that some object of the kind has; pods are judged by the templates that make them. */
function judgeSelector(kind: string, selector: string, namespace: string | undefined, world: World): string[] {
  const wanted = selector.split(',').map(part => part.split('='));
  const matches = (labels: { readonly [name: string]: string } = {}) => wanted.every(([name, value]) => labels[name] === value);
  const found = world.objects.filter(({ metadata }) => metadata.namespace === namespace).some(thing => kind.toLowerCase() === 'pod'
    ? matches(templateOf(thing)?.metadata.labels)
    : thing.kind.toLowerCase() === kind.toLowerCase() && matches(thing.metadata.labels));
  return found ? [] : [`no ${kind} in the namespace '${namespace}' has the labels ${selector}`];
}

interface Named {
  readonly name: string;
}

interface Template {
  readonly metadata: { readonly labels?: { readonly [name: string]: string } };
  readonly spec: { readonly containers: readonly Named[]; readonly initContainers?: readonly Named[] };
}

function templateOf({ spec }: Thing): Template | undefined {
  return (spec as { readonly template?: Template } | undefined)?.template;
}

function containersOf(thing: Thing): string[] {
  const spec = templateOf(thing)?.spec;
  return [...spec?.containers ?? [], ...spec?.initContainers ?? []].map(({ name }) => name);
}

function judgePorts({ spec }: Thing, ports: readonly string[]): string[] {
  const open = (spec as { readonly ports: readonly { readonly port: number }[] }).ports.map(({ port }) => `${port}`);
  return ports.map(port => port.split(':').at(-1)!).filter(port => !open.includes(port)).map(port => `the Service has no port ${port}`);
}
