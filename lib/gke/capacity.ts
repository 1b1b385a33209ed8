import { MachineType } from '../catalog';
import { requireForm, requireOneOf } from './checks';
import { Refusal } from '../common/refusal';

const WORDS: readonly Capacity[] = ['on-demand', 'spot', 'reservation', 'flex-start', 'queued'];

/**
 * How a node pool gets its machines: at once at full price, what is left over, what was reserved, for at most a week as soon as there are
 * some, or all of them at once for a ProvisioningRequest.
 */
export type Capacity = 'on-demand' | 'spot' | 'reservation' | 'flex-start' | 'queued';

/** Seven days, the most. https://cloud.google.com/kubernetes-engine/docs/concepts/dws */
const LONGEST_RUN = '604800s';

export interface CapacityProps {
  readonly capacity: Capacity;
  readonly machineType: MachineType;
  readonly minNodes: number;
  /** Name of the reservation. */
  readonly reservation?: string;
}

/** Whether the machines go after at most a week. What is queued is given as flex-start is. */
export function isLent(capacity: Capacity): boolean {
  return capacity === 'flex-start' || capacity === 'queued';
}

/** @throws on an unknown word, one that the machine is not sold under, and on what contradicts it */
export function checkCapacity({ capacity, machineType, minNodes, reservation }: CapacityProps): void {
  requireOneOf('capacity', capacity, WORDS);
  const sold = isLent(capacity) ? 'flex-start' : capacity;
  if (!machineType.provisioning.includes(sold)) {
    throw new Refusal(`'capacity' (${capacity}): ${machineType.name} is to be had by ${machineType.provisioning.join(', ')} only`);
  }
  if (capacity === 'reservation' && reservation === undefined) {
    throw new Refusal('\'capacity\' (reservation) needs the name of the reservation; give \'reservation\'');
  }
  if (capacity !== 'reservation' && reservation !== undefined) {
    throw new Refusal(`'reservation' (${reservation}) goes with capacity reservation, not with ${capacity}`);
  }
  if (reservation !== undefined) {
    requireForm('reservation', reservation, /^(projects\/[a-z0-9:.-]+\/reservations\/)?[a-z]([a-z0-9-]*[a-z0-9])?(\/reservationBlocks\/[a-z0-9-]+)?$/,
      'is no name of a reservation: lower case letters, digits and \'-\', or projects/PROJECT/reservations/NAME');
  }
  if (isLent(capacity) && minNodes > 0) {
    throw new Refusal(`'minNodes' (${minNodes}): capacity ${capacity} starts from no node; use 0`);
  }
}

/** The part of a node's configuration that says it. */
export function capacityConfig(capacity: Capacity, reservation: string | undefined) {
  return {
    spot: capacity === 'spot' ? true : undefined,
    flexStart: isLent(capacity) ? true : undefined,
    maxRunDuration: isLent(capacity) ? LONGEST_RUN : undefined,
    reservationAffinity: reservationAffinity(capacity, reservation),
  };
}

/** On demand, what is reserved for whoever matches is used up first, as Compute Engine does it. */
function reservationAffinity(capacity: Capacity, reservation: string | undefined) {
  if (reservation !== undefined) {
    return { consumeReservationType: 'SPECIFIC_RESERVATION', key: 'compute.googleapis.com/reservation-name', values: [reservation] };
  }
  return capacity === 'on-demand' ? undefined : { consumeReservationType: 'NO_RESERVATION' };
}

/** Of the nodes, beside that of the GPUs: only pods that said so are put on machines that go. */
export function capacityTaints(capacity: Capacity) {
  return capacity === 'spot' ? [{ key: 'cloud.google.com/gke-spot', value: 'true', effect: 'NO_SCHEDULE' }] : [];
}
