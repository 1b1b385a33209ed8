import { Accelerator, MachineType, Model, VllmRelease } from '../catalog';
import { MemoryPlan, MemoryPlanProps, Placement, ShutdownPlan, StartupPlan } from '../planning';
import { legalTensorParallelSizes } from '../planning/memory-checks';
import { IWeightsStorage } from '../weights';
import { wholeNumber } from '../common/whole-number';
import { Refusal } from '../common/refusal';

/** What is said to start or answer longer is a typing error. */
const A_DAY = 86_400;
const SECONDS = ['startupBudgetSeconds', 'longestAnswerSeconds', 'shutdownTimeoutSeconds', 'terminationGracePeriodSeconds'] as const;

/** What a server is asked to be; the part of its props that its numbers follow from. */
export interface ServerPlanProps extends Omit<MemoryPlanProps, 'model' | 'accelerator' | 'release' | 'modelRunner'> {
  readonly accelerator: Accelerator;
  /** @default VllmRelease.DEFAULT */
  readonly release?: VllmRelease;
  /** @default - the smallest that holds the GPUs, the disk and the cache */
  readonly machineType?: MachineType;
  /**
   * Zones that the server may run in.
   * @default - those of the storage, else all that have the machine
   */
  readonly zones?: string[];
  /**
   * Seconds that the startup probe lets the server load.
   * @default - three times the planned start, at least 10 minutes
   */
  readonly startupBudgetSeconds?: number;
  /**
   * Seconds of the longest answer that a leaving server finishes.
   * @default 120, on spot nodes what their notice allows
   */
  readonly longestAnswerSeconds?: number;
  /**
   * `--shutdown-timeout` in seconds: 0, or longer than the longest answer.
   * @default 0
   */
  readonly shutdownTimeoutSeconds?: number;
  /**
   * Seconds between the pod's deletion and its kill.
   * @default - the sum of the shutdown plan
   */
  readonly terminationGracePeriodSeconds?: number;
  /**
   * Run on spot nodes.
   * @default false
   */
  readonly spot?: boolean;
}

/** All the numbers of a server, computed before anything is rendered. */
export class ServerPlan {
  readonly memory: MemoryPlan;
  readonly startup: StartupPlan;
  readonly shutdown: ShutdownPlan;
  readonly placement: Placement;

  /** @throws when the model does not fit, and on everything that the four plans refuse */
  constructor(model: Model, storage: IWeightsStorage, props: ServerPlanProps) {
    SECONDS.forEach(name => wholeNumber(name, props[name] ?? 0, 0, A_DAY));
    this.memory = fittingPlan({ ...props, model });
    this.placement = Placement.of({
      accelerator: props.accelerator,
      gpus: this.memory.tensorParallelSize * this.memory.pipelineParallelSize,
      machineType: props.machineType,
      diskType: storage.diskType,
      zones: zonesWithWeights(props.zones, storage.zones),
      cacheBytes: storage.cacheBytes(model),
      sidecar: storage.sidecar,
    });
    this.startup = StartupPlan.of({
      model,
      weightsBytesPerSecond: storage.bytesPerSecond(model),
      quantizedOnline: props.quantization !== undefined && model.quantization === undefined,
      enforceEager: props.enforceEager,
      budgetSeconds: props.startupBudgetSeconds,
    });
    this.shutdown = ShutdownPlan.of({
      longestAnswerSeconds: props.longestAnswerSeconds,
      shutdownTimeoutSeconds: props.shutdownTimeoutSeconds,
      terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
      spot: props.spot,
    });
  }
}

/** The plan as asked for, or with the smallest tensor parallel size that fits when none is given. */
function fittingPlan(props: MemoryPlanProps): MemoryPlan {
  const most = Math.max(1, ...MachineType.forAccelerator(props.accelerator).map(machine => machine.gpus));
  const sizes = props.tensorParallelSize === undefined
    ? legalTensorParallelSizes(props.model.attentionHeads, most)
    : [props.tensorParallelSize];
  let refused: MemoryPlan | undefined;
  for (const tensorParallelSize of sizes) {
    const plan = MemoryPlan.of({ ...props, tensorParallelSize });
    if (plan.fits) {
      return plan;
    }
    refused ??= plan;
  }
  throw new Refusal(refused!.explain());
}

function zonesWithWeights(asked: string[] | undefined, storage: string[] | undefined): string[] | undefined {
  if (!asked || !storage) {
    return asked ?? storage;
  }
  const common = asked.filter(zone => storage.includes(zone));
  if (common.length < asked.length) {
    throw new Refusal(`'zones' (${asked.join(', ')}) go beyond the weights' disk, which is in ${storage.join(', ')} only;`
      + ` leave zones out, or keep the weights in ${asked.join(', ')}`);
  }
  return common;
}
