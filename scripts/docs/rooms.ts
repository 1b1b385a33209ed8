import { importsOf, sourcesIn } from '../../test/house/sources';
import { code, fenced, table } from './markdown';

/** One sentence for each room; a room without one is an error. */
const SENTENCES: { readonly [room: string]: string } = {
  apps: 'Data and short programs: the settings, the matrix, what `npm run synth` starts.',
  catalog: 'Facts, each with its source: accelerators, machine types, models, releases of vLLM. No arithmetic, no framework.',
  cells: 'One point of the matrix as a construct, its row of the report, and cells that cannot exist.',
  cli: '`npx cdk8s-vllm`: locks, and what a release of vLLM changes, without a framework.',
  cluster: 'What a cluster needs once: namespace, quotas, metrics adapter, priority class.',
  common: 'The ground floor: bytes, names, whole numbers, refusals, identities.',
  gke: 'The cloud: network, cluster, node pools, bucket, grants. The only room that knows cdktf.',
  imports: 'Generated: types of custom resources, the flags, variables and metrics of vLLM.',
  index: 'The public face of the package: exports and nothing else.',
  kustomize: 'Charts become folders: rendering, checks of every manifest, writing all or nothing.',
  planning: 'Arithmetic on facts: memory, throughput, price, startup, shutdown, placement. No framework, no files.',
  pods: 'What all pods have in common: restricted, an identity of their own, programs mounted.',
  report: 'The page on what is served: plans become HTML and SVG. No framework, no files.',
  serving: 'The server and what keeps it healthy: Deployment, autoscaler, monitoring.',
  weights: 'Where weights live: one file a storage.',
  workloads: 'What runs beside a server, one folder each: construct, contract and Python program.',
};

/** Rooms that each room imports. JSON of `lib` is left out: data knows nobody, and a contract is read from below its workload. */
export type Rooms = ReadonlyMap<string, ReadonlySet<string>>;

export function roomsOf(imports: ReadonlyMap<string, readonly string[]>): Rooms {
  const rooms = new Map<string, Set<string>>();
  for (const [file, names] of [...imports].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const room = roomOf(file);
    const known = names.filter(name => /^(?:lib|apps)\/.*(?<!\.json)$|^imports\//.test(name)).map(roomOf).filter(name => name !== room);
    rooms.set(room, new Set([...rooms.get(room) ?? [], ...known]));
  }
  return new Map([...rooms].map(([room, known]) => [room, new Set([...known].sort())]));
}

function roomOf(file: string): string {
  const [top, room, ...rest] = file.split('/');
  return top !== 'lib' ? top : rest.length > 0 ? room : room.replace(/\.ts$/, '');
}

/** Whether `to` is reached from `from` by at least one arrow that is not the forbidden one. */
function reaches(rooms: Rooms, from: string, to: string, except: readonly [string, string]): boolean {
  const seen = new Set<string>();
  const visit = (room: string): boolean => [...rooms.get(room) ?? []].some((next) => {
    if (seen.has(next) || (room === except[0] && next === except[1])) {
      return false;
    }
    seen.add(next);
    return next === to || visit(next);
  });
  return visit(from);
}

/** The arrows without those that follow from others. */
export function shownArrows(rooms: Rooms): [string, string][] {
  return [...rooms].flatMap(([room, known]) => [...known].map((other): [string, string] => [room, other]))
    .filter(arrow => !reaches(rooms, arrow[0], arrow[1], arrow));
}

/** A picture that GitHub draws. Above stands who knows, below who is known. */
export function pictureOf(rooms: Rooms): string {
  const names = [...rooms.keys()].sort();
  return fenced('mermaid', [
    'flowchart TD',
    ...names.map(name => `  ${name}["${name === 'apps' || name === 'imports' ? name : name === 'index' ? 'lib/index.ts' : `lib/${name}`}"]`),
    ...shownArrows(rooms).map(([from, to]) => `  ${from} --> ${to}`),
  ].join('\n'));
}

export function tableOf(rooms: Rooms): string {
  return table(['room', 'what is in it', 'which rooms it knows'], [...rooms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([room, known]) => {
    if (!Object.hasOwn(SENTENCES, room)) {
      throw new Error(`the room '${room}' has no sentence; add one to scripts/docs/rooms.ts`);
    }
    return [code(room), SENTENCES[room], [...known].map(code).join(', ') || 'none'];
  }));
}

let read: Rooms | undefined;

/** The house as it stood when it was first asked for, apart from what `lib` does not compile. */
export function house(): Rooms {
  return read ??= roomsOf(importsOf(new Map([...sourcesIn('lib', 'apps', 'imports')].filter(([file]) => file.endsWith('.ts')))));
}
