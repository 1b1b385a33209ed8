import { Token } from 'cdktf';
import { Capacity, MachineType } from '../catalog';
import { capacityMark, isLent, isTainted, requireCapacity } from '../planning/node-capacity';
import { Refusal } from '../common/refusal';

/** Seven days, the most. https://cloud.google.com/kubernetes-engine/docs/concepts/dws */
const LONGEST_RUN = '604800s';

export interface CapacityProps {
  readonly capacity: Capacity;
  readonly machineType: MachineType;
  readonly minNodes: number;
  /** Name of the reservation. */
  readonly reservation?: string;
}

/** @throws on what the machine is not sold as, and on nodes that are there from the start where machines come when they come */
export function checkCapacity({ capacity, machineType, minNodes, reservation }: CapacityProps): void {
  // A name that only Terraform will know cannot be checked before.
  requireCapacity({ capacity, machineType, reservation: Token.isUnresolved(reservation) ? 'known-later' : reservation });
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

/** Of the nodes, beside that of the GPUs: only pods that said so are put on machines that go, or that were reserved. */
export function capacityTaints({ capacity, machineType, reservation }: CapacityProps) {
  const mark = isTainted(capacity, machineType) ? capacityMark(capacity, reservation) : undefined;
  return mark ? [{ ...mark, effect: 'NO_SCHEDULE' }] : [];
}

/** Of the nodes, where GKE sets none itself. */
export function capacityLabels({ capacity, reservation }: CapacityProps): { [name: string]: string } {
  const mark = capacityMark(capacity, reservation);
  return mark && capacity === 'reservation' ? { [mark.key]: mark.value } : {};
}
