import { MachineType } from '../../lib/catalog';
import { Block } from './synthesized';
import { objects, resources, Workload, Worlds } from './worlds';

const SPOT = 'cloud.google.com/gke-spot';
const FLEX_START = 'cloud.google.com/gke-flex-start';
const RESERVATION = 'vllm-reservation';

/** Of the 30 s that Compute Engine gives. https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms */
const SPOT_SECONDS = 15;

/** Everything in which the pools contradict what they are, or the pods of servers what they are put on. */
export function capacityFaults(worlds: Worlds): string[] {
  const pools = resources(worlds, 'google_container_node_pool').filter(({ node_config: { guest_accelerator: gpus } }) => gpus?.length > 0);
  const names = resources(worlds, 'google_container_node_pool').map(({ name }) => name as string);
  return [
    ...pools.flatMap(pool => poolFaults(pool, worlds)),
    ...Workload.all(worlds).filter(({ gpus }) => gpus > 0).flatMap(workload => podFaults(workload)),
    ...names.filter((name, index) => names.indexOf(name) !== index).map(name => `two node pools are called ${name}`),
  ];
}

function poolFaults({ name, node_config: config, autoscaling, management, queued_provisioning: queued }: Block, worlds: Worlds): string[] {
  const { spot, flex_start: lent, max_run_duration: run, reservation_affinity: affinity, labels, service_account: account } = config;
  const [reserved] = affinity?.values as string[] ?? [];
  const tainted = (key: string, value = 'true') => (config.taint as Block[]).some(taint =>
    taint.key === key && taint.value === value && taint.effect === 'NO_SCHEDULE');
  const label = labels[RESERVATION] as string | undefined;
  const readers = resources(worlds, 'google_artifact_registry_repository_iam_member').map(({ member }) => member.replace('.member}', '.email}'));
  const faults: [boolean, string][] = [
    [spot && lent, 'is of spot and lent'],
    [spot && !tainted(SPOT), 'is of spot, and pods that did not ask for it are put there'],
    [lent && !tainted(FLEX_START) && asksOnDemand(config, worlds), 'is lent, and pods that did not ask for it are put there'],
    [lent && run === undefined, 'is lent without an end'],
    [!lent && run !== undefined, 'is not lent and ends'],
    [lent && autoscaling.total_min_node_count > 0, 'is lent and has nodes from the start'],
    [lent && management.auto_repair, 'is lent and repaired'],
    [queued?.enabled === true, 'is queued, and no server has a ProvisioningRequest'],
    [(spot || lent) && affinity?.consume_reservation_type !== 'NO_RESERVATION', 'takes from reservations of others'],
    [label !== undefined && label !== reserved, `says ${RESERVATION}=${label} and takes from ${reserved ?? 'none'}`],
    [reserved !== undefined && label === undefined, `takes from ${reserved} and does not say so`],
    [reserved !== undefined && affinity.consume_reservation_type !== 'SPECIFIC_RESERVATION', `names ${reserved} and takes from any`],
    [reserved !== undefined && affinity.key !== 'compute.googleapis.com/reservation-name', `names ${reserved} by what is no key`],
    [label !== undefined && !tainted(RESERVATION, label), 'is reserved, and pods that did not ask for it are put there'],
    [config.guest_accelerator.some((gpu: Block) => gpu.gpu_driver_installation_config?.gpu_driver_version === 'DEFAULT'),
      'has GKE\'s default driver, which may be older than the images of vLLM'],
    [config.gcfs_config?.enabled !== true, 'does not stream images'],
    [!readers.includes(account), 'has an account that may not pull from the registry'],
  ];
  return faults.filter(([wrong]) => wrong).map(([, said]) => `node pool ${name} ${said}`);
}

/** Whether a server wants nodes of that machine on demand. */
function asksOnDemand({ machine_type: machine, guest_accelerator: [{ count }] }: Block, worlds: Worlds): boolean {
  return MachineType.fromName(machine, count).provisioning.includes('on-demand') && objects(worlds, 'Deployment').some(({ spec: { template: { spec: { nodeSelector: selected = {} } } } }) =>
    selected['node.kubernetes.io/instance-type'] === machine && ![SPOT, FLEX_START, RESERVATION].some(label => label in selected));
}

function podFaults({ id, spec: { nodeSelector: selected = {}, terminationGracePeriodSeconds: seconds }, tolerations }: Workload): string[] {
  return [
    ...(SPOT in selected && seconds > SPOT_SECONDS ? [`${id} leaves within ${seconds} s, and spot nodes give it ${SPOT_SECONDS}`] : []),
    ...[SPOT, FLEX_START, RESERVATION].filter(key => tolerations.some(toleration => toleration.key === key) && !(key in selected))
      .map(key => `${id} tolerates ${key} and does not ask for it`),
  ];
}
