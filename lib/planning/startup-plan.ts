import { Model } from '../catalog';
import { gib, GIB, MIB } from '../common/bytes';
import { Refusal } from '../common/refusal';
import { requireProps } from '../common/props';

/** Compressed size of `vllm/vllm-openai`; some 10 GB. https://hub.docker.com/r/vllm/vllm-openai/tags */
const IMAGE_BYTES = 12 * GIB;
/** Pull and unpack of one large image on a node that is not preloaded; an estimate on the slow side. */
const IMAGE_BYTES_PER_SECOND = 60 * MIB;

/** From the process' start to weights being read: imports, driver, first contact of the GPUs. Measured 15 to 25 s. */
const ENGINE_SECONDS = 30;
/** Cold compile and profile run: measured 14 to 60 s, about half a second a layer at most; the cloud's CPUs may be slower. */
const COMPILE_SECONDS = 20;
const COMPILE_SECONDS_PER_LAYER = 0.6;
/** Graph capture: measured 3 to 12 s for dense models, 14 to 65 s for mixtures of experts. */
const CAPTURE_SECONDS = 15;
const CAPTURE_SECONDS_EXPERTS = 65;
/** Online quantization while loading: measured 22 to 28 s. */
const QUANTIZE_SECONDS = 30;

/** A node that a pool has to create first: some 93 s seen, with driver installation up to several minutes. */
const NODE_SECONDS = 600;

/** Storage and network share their bandwidth with others; the budget is what the estimate would be on a bad day. */
const SAFETY = 3;
const LEAST_BUDGET_SECONDS = 600;
const PROBE_PERIOD_SECONDS = 10;

/** Props of `StartupPlan.of`. */
export interface StartupPlanProps {
  /** The model that is loaded. */
  readonly model: Model;
  /** Bytes a second that one server reads its weights with, above 0. */
  readonly weightsBytesPerSecond: number;
  /**
   * Whether the weights are quantized while they load.
   * @default false
   */
  readonly quantizedOnline?: boolean;
  /**
   * Whether the server runs without compilation and CUDA graphs.
   * @default false
   */
  readonly enforceEager?: boolean;
  /**
   * Seconds that the startup probe waits, at least those of the estimate.
   * @default - three times the estimate, at least 10 minutes
   */
  readonly budgetSeconds?: number;
}

/** How long a new server takes to answer, and the deadlines that follow. Estimates are the measured figures' upper ends, on a cold node. */
export class StartupPlan {
  /**
   * The plan of a start.
   *
   * @throws when a given budget is shorter than the estimate, and on a storage that reads nothing
   */
  static of(props: StartupPlanProps): StartupPlan {
    requireProps('StartupPlanProps', props, 'StartupPlan');
    return new StartupPlan(props);
  }

  /** Seconds that a pool takes at most to make a new node. */
  readonly nodeSeconds: number = NODE_SECONDS;
  /** Seconds that a node takes to pull the image of the server. */
  readonly imagePullSeconds: number = Math.ceil(IMAGE_BYTES / IMAGE_BYTES_PER_SECOND);
  /** Seconds that the server takes to read its weights. */
  readonly loadSeconds: number;
  /** Seconds of compilation, graph capture and everything that is neither pull nor load. */
  readonly engineSeconds: number;
  /** Seconds from the container's start until it answers. */
  readonly readySeconds: number;
  /** Seconds until a server answers that waits for a node to be made and to pull the image. */
  readonly newNodeSeconds: number;

  /** Seconds that the startup probe lets the server load before it is restarted. */
  readonly budgetSeconds: number;
  /** Seconds between two startup probes. */
  readonly probePeriodSeconds: number = PROBE_PERIOD_SECONDS;
  /** Number of startup probes that may fail. */
  readonly probeFailureThreshold: number;
  /** Seconds of `VLLM_ENGINE_READY_TIMEOUT_S`: vLLM gives up by itself at 600 unless told otherwise. */
  readonly engineReadyTimeoutSeconds: number;
  /** Seconds of `progressDeadlineSeconds`: a rollout also waits for a node and the image. */
  readonly progressDeadlineSeconds: number;

  private constructor(props: StartupPlanProps) {
    const { model, weightsBytesPerSecond } = props;
    if (!(weightsBytesPerSecond > 0)) {
      throw new Refusal(`StartupPlan: 'weightsBytesPerSecond' (${weightsBytesPerSecond}) must be above 0`);
    }
    this.loadSeconds = Math.ceil(model.weightsBytes / weightsBytesPerSecond);
    const compile = props.enforceEager ? 0 : COMPILE_SECONDS + COMPILE_SECONDS_PER_LAYER * model.layers;
    const capture = props.enforceEager ? 0 : model.experts ? CAPTURE_SECONDS_EXPERTS : CAPTURE_SECONDS;
    this.engineSeconds = Math.ceil(ENGINE_SECONDS + compile + capture + (props.quantizedOnline ? QUANTIZE_SECONDS : 0));
    this.readySeconds = this.loadSeconds + this.engineSeconds;
    this.newNodeSeconds = this.nodeSeconds + this.imagePullSeconds + this.readySeconds;

    const least = Math.max(LEAST_BUDGET_SECONDS, SAFETY * this.readySeconds);
    const toProbes = (seconds: number) => Math.ceil(seconds / PROBE_PERIOD_SECONDS) * PROBE_PERIOD_SECONDS;
    this.budgetSeconds = toProbes(props.budgetSeconds ?? least);
    if (!(this.budgetSeconds >= this.readySeconds)) {
      throw new Refusal(`StartupPlan: a startup budget of ${this.budgetSeconds} s is shorter than the start: ${gib(model.weightsBytes)} of weights at`
        + ` ${(weightsBytesPerSecond / MIB).toFixed(0)} MiB/s take ${this.loadSeconds} s, the engine ${this.engineSeconds} s,`
        + ` together ${this.readySeconds} s. Leave it out, which gives ${toProbes(least)} s`);
    }
    this.probeFailureThreshold = this.budgetSeconds / PROBE_PERIOD_SECONDS;
    this.engineReadyTimeoutSeconds = this.budgetSeconds;
    this.progressDeadlineSeconds = this.budgetSeconds + SAFETY * this.imagePullSeconds + this.nodeSeconds;
  }
}
