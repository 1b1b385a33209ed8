import { Refusal } from '../common/refusal';
import { adapterArguments, extensionArguments } from './extension-arguments';
import { checkExtraArguments } from './extra-arguments';
import { ServerPlan } from './server-plan';
import { VllmServerProps } from './vllm-server-props';

/** Port of the API, of the probes and of the metrics. */
export const SERVER_PORT = 8000;

/**
 * The arguments of `vllm serve`, every flag spelled in full.
 *
 * @throws on an extra argument that the release does not know, that a prop decides or that goes round the plan
 */
export function serverArguments(plan: Pick<ServerPlan, 'memory' | 'shutdown' | 'apiServerCount'>, props: VllmServerProps): string[] {
  const { memory, shutdown, apiServerCount } = plan;
  const { weights, extraArgs = [] } = props;
  const planned: [string, string | number | boolean | undefined][] = [
    ['--served-model-name', servedModelName(props)],
    ['--port', SERVER_PORT],
    ['--tensor-parallel-size', memory.tensorParallelSize],
    ['--pipeline-parallel-size', memory.pipelineParallelSize > 1 ? memory.pipelineParallelSize : undefined],
    ['--gpu-memory-utilization', memory.gpuMemoryUtilization],
    ['--max-model-len', memory.maxModelLen],
    ['--max-num-seqs', memory.maxNumSeqs],
    ['--max-num-batched-tokens', memory.maxNumBatchedTokens],
    ['--api-server-count', apiServerCount > 1 ? apiServerCount : undefined],
    ['--dtype', props.dtype],
    ['--kv-cache-dtype', props.kvCacheDtype],
    ['--quantization', props.quantization],
    ['--enforce-eager', props.enforceEager],
    ...extensionArguments(props),
    ['--shutdown-timeout', shutdown.shutdownTimeoutSeconds],
    ['--disable-access-log-for-endpoints', '/health,/ping,/metrics'],
  ];
  checkExtraArguments({ release: memory.release, model: memory.model, mountPath: weights.mountPath }, extraArgs);
  const args = [
    weights.mountPath,
    ...planned
      .filter(([, value]) => value !== undefined && value !== false)
      .map(([flag, value]) => value === true ? flag : `${flag}=${value}`),
    ...adapterArguments(props, servedModelName(props)),
    ...extraArgs,
  ];
  memory.release.checkArgs(args);
  return args;
}

/**
 * The model's name in requests and metrics, which stands in the expressions of alerts as well.
 *
 * @throws on what an expression cannot hold
 */
export function servedModelName(props: VllmServerProps): string {
  return requireServedModelName(props.servedModelName ?? props.weights.model.id);
}

/** @throws on a name that the expressions of alerts could not hold */
export function requireServedModelName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_./:@+-]*$/.test(name)) {
    throw new Refusal(`'servedModelName' (${name}) must be letters, digits and any of _ . / : @ + -, starting with a letter or digit`);
  }
  return name;
}
