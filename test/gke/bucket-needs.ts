import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderGrant } from '../../lib/common/grant';
import { ProgramArgument, ProgramContract } from '../../lib/pods';
import { PROJECT } from '../house/sources';
import { Block } from './synthesized';
import { Workload, Worlds } from './worlds';

/** What a pod does with a folder of a bucket. */
export interface Need extends FolderGrant {
  readonly account: string;
  /** Who needs it, for messages. */
  readonly by: string;
}

const WORKLOADS = join(PROJECT, 'lib', 'workloads');
const CONTRACTS = new Map(readdirSync(WORKLOADS, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('contract.json'))
  .map(file => JSON.parse(readFileSync(join(WORKLOADS, file), 'utf8')) as ProgramContract).map(contract => [contract.name, contract]));

/** What the pods mount, and what their programs' contracts say of their arguments: nothing here comes from a grant. */
export function needsOf(worlds: Worlds): Need[] {
  return Workload.all(worlds).flatMap((workload) => {
    const { id, namespace, serviceAccount } = workload;
    const found = [...mountsOf(workload), ...CONTRACTS.has(programOf(workload)) ? argumentsOf(workload) : []];
    return found.map(need => ({ ...need, account: `${namespace}/${serviceAccount}`, by: id }));
  });
}

/** Programs that do with a mount what the mount does not allow, or what it need not allow. */
export function mountFaults(worlds: Worlds): string[] {
  return Workload.all(worlds).filter(workload => CONTRACTS.has(programOf(workload))).flatMap(workload => valuesOf(workload)
    .flatMap(({ name, value, access }) => mountsOf(workload).filter(({ path, verb }) => `${value}/`.startsWith(`${path}/`) && verb !== access)
      .map(({ path, verb }) => `${workload.id}: ${name} (${value}) is to ${access}, and the mount at ${path} is to ${verb}`)));
}

interface Mounted extends FolderGrant {
  readonly path: string;
}

function mountsOf(workload: Workload): Mounted[] {
  return workload.volumes.filter(({ csi }) => csi?.driver === 'gcsfuse.csi.storage.gke.io').map(({ name, csi }) => ({
    bucket: csi.volumeAttributes.bucketName, folder: /(?:^|,)only-dir=([^,]+)/.exec(csi.volumeAttributes.mountOptions)?.[1] ?? '',
    verb: csi.readOnly ? 'read' : 'write',
    path: containerOf(workload).volumeMounts.find((mount: Block) => mount.name === name).mountPath,
  }));
}

function argumentsOf(workload: Workload): FolderGrant[] {
  const values = valuesOf(workload, true);
  const bucket = values.find(({ name }) => name === 'bucket')?.value;
  return bucket === undefined ? [] : values.filter(({ access }) => access !== undefined).map(({ value, access }) =>
    ({ bucket, folder: value.replace(/\/$/, ''), verb: access as 'read' | 'write' }));
}

interface Value {
  readonly name: string;
  readonly value: string;
  readonly access?: string;
}

/** The values that a pod gives for what its contract says to be of a bucket, or for all. */
function valuesOf(workload: Workload, all = false): Value[] {
  const contract = CONTRACTS.get(programOf(workload))!;
  const given = containerOf(workload).args as string[];
  const [command, rest] = contract.commands ? [given[0], given.slice(1)] : [undefined, given];
  const positionals = rest.filter(arg => !arg.startsWith('--'));
  const known = Object.entries(contract.arguments)
    .filter(([, { commands }]) => command === undefined || (commands ?? [command]).includes(command));
  const places = known.filter(([, { positional }]) => positional).map(([name]) => name);
  const valueOf = (name: string, { positional, default: usual }: ProgramArgument) => positional ? positionals[places.indexOf(name)]
    : rest.find(arg => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual?.toString();
  return known.filter(([, { access }]) => all || access !== undefined).flatMap(([name, argument]) => {
    const value = valueOf(name, argument);
    return value === undefined ? [] : [{ name, value, access: argument.access }];
  });
}

function programOf({ manifest }: Workload): string {
  return manifest.spec.template.metadata.labels['app.kubernetes.io/name'];
}

function containerOf({ spec }: Workload): Block {
  return spec.containers[0];
}
