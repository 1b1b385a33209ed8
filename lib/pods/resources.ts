import { k8s } from './k8s';

export interface ResourceAmounts {
  /** `500m` */
  readonly cpu: string;
  /** `512Mi` */
  readonly memory: string;
  /** `1Gi`, logs and emptyDirs included */
  readonly ephemeralStorage: string;
  /**
   * Whole GPUs.
   * @default - none
   */
  readonly gpus?: number;
}

export function quantity(text: string): k8s.Quantity {
  return k8s.Quantity.fromString(text);
}

/** Requests that are also the limits: what runs beside others neither starves nor is starved. */
export function guaranteed({ cpu, memory, ephemeralStorage, gpus }: ResourceAmounts): k8s.ResourceRequirements {
  const amounts = {
    cpu: quantity(cpu),
    memory: quantity(memory),
    'ephemeral-storage': quantity(ephemeralStorage),
    ...(gpus === undefined ? {} : { 'nvidia.com/gpu': quantity(`${gpus}`) }),
  };
  return { requests: amounts, limits: amounts };
}
