import { isCommit } from '../common/names';
import { Refusal } from '../common/refusal';
import { adapterArguments, extensionArguments } from './extension-arguments';
import { ServerPlan } from './server-plan';
import { VllmServerProps } from './vllm-server-props';

/** Port of the API, of the probes and of the metrics. */
export const SERVER_PORT = 8000;

/** Loads code from the model's repository. */
const RUNS_MODEL_CODE = '--trust-remote-code';
/** Flags whose prop has another name, or none. */
const PROPS: { readonly [flag: string]: string | undefined } = {
  '--port': undefined, '--disable-access-log-for-endpoints': undefined, '--shutdown-timeout': 'shutdownTimeoutSeconds',
  '--enable-lora': 'lora', '--max-loras': 'lora.maxLoras', '--max-lora-rank': 'lora.maxRank', '--lora-modules': 'lora.adapters',
  '--speculative-config': 'speculative',
};
/** Changes how many GPUs or bytes a server takes, or where it listens. */
const UNPLANNED = [
  '--host', '--uds', '--ssl-keyfile', '--ssl-certfile', '--config', '--data-parallel-size', '--decode-context-parallel-size',
  '--prefill-context-parallel-size', '--kv-cache-memory-bytes', '--cpu-offload-gb', '--nnodes',
];
/** Takes a secret as its value. */
const SECRETS = ['--api-key', '--hf-token'];

/**
 * The arguments of `vllm serve`, every flag spelled in full.
 *
 * @throws on an extra argument that the release does not know or that a prop decides
 */
export function serverArguments({ memory, shutdown }: Pick<ServerPlan, 'memory' | 'shutdown'>, props: VllmServerProps): string[] {
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
    ['--dtype', props.dtype],
    ['--kv-cache-dtype', props.kvCacheDtype],
    ['--quantization', props.quantization],
    ['--enforce-eager', props.enforceEager],
    ...extensionArguments(props),
    ['--shutdown-timeout', shutdown.shutdownTimeoutSeconds],
    ['--disable-access-log-for-endpoints', '/health,/ping,/metrics'],
  ];
  refuseSecrets(extraArgs);
  refuseUnplanned(extraArgs);
  refuseRepeated([...planned.map(([flag]) => flag), '--lora-modules'], extraArgs);
  if (extraArgs.includes(RUNS_MODEL_CODE) && !isCommit(memory.model.revision)) {
    throw new Refusal(`extra argument '${RUNS_MODEL_CODE}' runs code of ${memory.model.id} whose revision is not pinned (${memory.model.revision ?? 'main'});`
      + ' give the model a 40-digit revision, or leave it out');
  }
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

function refuseUnplanned(extraArgs: readonly string[]): void {
  const flag = extraArgs.map(argument => argument.split('=')[0]).find(name => UNPLANNED.includes(name));
  if (flag) {
    throw new Refusal(`extra argument '${flag}' changes what the plan, the probes or the Service count on; leave it out`);
  }
}

function refuseSecrets(extraArgs: readonly string[]): void {
  const flag = SECRETS.find(secret => extraArgs.some(argument => argument.split('=')[0] === secret));
  if (flag) {
    throw new Refusal(`extra argument '${flag}' would put a literal secret into a manifest; leave it out: weights are served offline, and only pods with`
      + ' the server\'s clientLabels reach it');
  }
}

/** The last one would win, and the plan would no longer be true. */
function refuseRepeated(planned: string[], extraArgs: readonly string[]): void {
  for (const argument of extraArgs) {
    const flag = argument.split('=')[0];
    if (planned.includes(flag)) {
      const prop = flag in PROPS ? PROPS[flag] : camelCase(flag);
      throw new Refusal(`extra argument '${argument}' repeats what is planned; ${prop ? `set the prop ${prop} instead` : 'leave it out'}`);
    }
  }
}

function camelCase(flag: string): string {
  return flag.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
