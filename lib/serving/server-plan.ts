import { Capacity, MachineType, Model } from '../catalog';
import { MemoryPlan, MemoryPlanProps, Placement, ServingChoice, ServingGoal, ShutdownPlan, StartupPlan } from '../planning';
import { checkGoal, hasGoal } from '../planning/serving-goal';
import { choiceOfSize } from '../planning/serving-size';
import { IWeightsStorage } from '../weights';
import { wholeNumber } from '../common/whole-number';
import { Refusal } from '../common/refusal';
import { onlyProps, requireProps } from '../common/props';

/** What is said to start or answer longer is a typing error. */
const A_DAY = 86_400;
const MILLIS = 1000;
const SECONDS = ['startupBudgetSeconds', 'longestAnswerSeconds', 'shutdownTimeoutSeconds', 'terminationGracePeriodSeconds'] as const;

/** Props of `ServerPlan`: what of a server its numbers follow from. */
export interface ServerPlanProps extends Omit<MemoryPlanProps, 'model' | 'modelRunner'>, ServingGoal {
  /**
   * Number of GPUs that share each layer, 1 or more; it has to divide the attention heads.
   * @default - the smallest that fits, and with a goal one that keeps it
   */
  readonly tensorParallelSize?: number;
  /**
   * Number of API server processes, from 1 to 64. Each streams some 15,000 tokens a second, and each further one needs a virtual CPU.
   * @default 1, and with a goal what the plan chooses
   */
  readonly apiServerCount?: number;
  /**
   * Machine type of the nodes.
   * @default - the smallest that holds the GPUs, the disk and the cache
   */
  readonly machineType?: MachineType;
  /**
   * Zones that the server may run in, for example `us-central1-a`.
   * @default - those of the storage, else all that have the machine
   */
  readonly zones?: readonly string[];
  /**
   * Seconds that the startup probe lets the server load, from the planned start to a day.
   * @default - three times the planned start, at least 10 minutes
   */
  readonly startupBudgetSeconds?: number;
  /**
   * Seconds of the longest answer that a leaving server finishes, from 0 to a day.
   * @default 120, on spot nodes what their notice allows
   */
  readonly longestAnswerSeconds?: number;
  /**
   * Seconds of `--shutdown-timeout`: 0, or longer than the longest answer, at most a day.
   * @default 0
   */
  readonly shutdownTimeoutSeconds?: number;
  /**
   * Seconds between the pod's deletion and its kill, from the sum of the shutdown plan to a day.
   * @default - the sum of the shutdown plan
   */
  readonly terminationGracePeriodSeconds?: number;
  /**
   * How the machines of the nodes come: `on-demand`, `spot`, whose nodes leave within 15 seconds, `flex-start`, or `reservation`.
   * @default - on demand where the machine is sold so, else flex-start; nodes of any capacity will do
   */
  readonly capacity?: Capacity;
  /**
   * Name of the reservation, with capacity `reservation` only: `NAME`, or `projects/PROJECT/reservations/NAME`.
   * @default - none
   */
  readonly reservation?: string;
}

/** All the numbers of a server, computed before anything is rendered. */
export class ServerPlan {
  /** What the server holds in GPU memory. */
  readonly memory: MemoryPlan;
  /** The arguments that were chosen for the goal; undefined where there is none. */
  readonly choice?: ServingChoice;
  /** Number of API server processes. */
  readonly apiServerCount: number;
  /** How long the server starts. */
  readonly startup: StartupPlan;
  /** How the server leaves. */
  readonly shutdown: ShutdownPlan;
  /** What the server runs on. */
  readonly placement: Placement;

  /**
   * The plan of a server of that model from that storage.
   *
   * @throws when the model does not fit, and on everything that the four plans refuse
   */
  constructor(model: Model, storage: IWeightsStorage, props: ServerPlanProps) {
    requireProps('ServerPlanProps', props, 'ServerPlan');
    SECONDS.forEach(name => wholeNumber(name, props[name] ?? 0, 0, A_DAY));
    checkGoal(props, '');
    const memory = { ...onlyProps('MemoryPlanProps', props), model };
    const placementOf = (gpus: number, apiServerCount?: number) => placementFor(model, storage, props, gpus, apiServerCount);
    this.choice = hasGoal(props)
      ? choiceOfSize({ ...onlyProps('ServingChoiceProps', props), memory },
          gpus => placementOf(gpus, props.apiServerCount).cpuMillis / MILLIS)
      : undefined;
    this.memory = this.choice?.memory ?? fittingPlan(memory);
    this.apiServerCount = this.choice?.apiServerCount ?? props.apiServerCount ?? 1;
    this.placement = placementOf(this.memory.tensorParallelSize * this.memory.pipelineParallelSize, this.apiServerCount);
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
      spot: this.placement.capacity === 'spot',
    });
  }
}

function placementFor(
  model: Model, storage: IWeightsStorage, props: ServerPlanProps, gpus: number, apiServerCount?: number,
): Placement {
  const { accelerator, machineType, capacity, reservation, zones } = props;
  return Placement.of({
    accelerator, gpus, machineType, capacity, reservation, apiServerCount,
    diskType: storage.diskType,
    zones: zonesWithWeights(zones, storage.zones),
    cacheBytes: storage.cacheBytes(model),
    sidecar: storage.sidecar,
  });
}

function fittingPlan(props: MemoryPlanProps): MemoryPlan {
  const plan = props.tensorParallelSize === undefined ? MemoryPlan.smallest(props) : MemoryPlan.of(props);
  if (!plan.fits) {
    throw new Refusal(plan.explain());
  }
  return plan;
}

function zonesWithWeights(asked: readonly string[] | undefined, storage: readonly string[] | undefined): readonly string[] | undefined {
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
