import * as fs from 'node:fs';
import { parseEnv } from 'node:util';
import { VllmRelease } from '../lib/catalog';
import { Refusal } from '../lib/common/refusal';

const PREFIX = 'CDK8S_VLLM_';

/** Where the tests keep what they build; no setting of ours. */
const FOREIGN = ['CDK8S_VLLM_CACHE'];

/** What differs between two installations. Each is an environment variable, or a line of `.env`: `CDK8S_VLLM_BUCKET=my-models`. */
export interface Settings {
  /** `CDK8S_VLLM_NAMESPACE` @default vllm */
  readonly namespace: string;
  /** `CDK8S_VLLM_BUCKET`, which holds the weights @default vllm-models */
  readonly bucket: string;
  /** `CDK8S_VLLM_REGION` @default us-central1 */
  readonly region: string;
  /** `CDK8S_VLLM_MAX_NODES` of each node pool @default 5 */
  readonly maxNodes: number;
  /** `CDK8S_VLLM_RELEASE` of vLLM @default VllmRelease.DEFAULT */
  readonly release: VllmRelease;
  /** `CDK8S_VLLM_STATE_BUCKET`, which keeps Terraform's state @default - a file beside the Terraform JSON */
  readonly stateBucket?: string;
  /** `CDK8S_VLLM_CELLS`, ids with commas between @default - all of the matrix */
  readonly cells?: string[];
}

const DEFAULTS: { readonly [name: string]: string } = {
  NAMESPACE: 'vllm',
  BUCKET: 'vllm-models',
  REGION: 'us-central1',
  MAX_NODES: '5',
  RELEASE: VllmRelease.DEFAULT.version,
  STATE_BUCKET: '',
  CELLS: '',
};

/**
 * @param envFile read when it exists; the environment wins
 * @throws on a variable of ours that is unknown, and on a value that cannot be
 */
export function readSettings(environment: NodeJS.ProcessEnv, envFile: string): Settings {
  const fromFile = fs.existsSync(envFile) ? parseEnv(fs.readFileSync(envFile, 'utf8')) : {};
  const given = { ...fromFile, ...environment };
  for (const name of Object.keys(given)) {
    if (name.startsWith(PREFIX) && !FOREIGN.includes(name) && !(name.slice(PREFIX.length) in DEFAULTS)) {
      throw new Refusal(`settings: ${name} is unknown; there are ${Object.keys(DEFAULTS).map(known => PREFIX + known).join(', ')}`);
    }
  }
  const value = (name: string) => given[PREFIX + name] ?? DEFAULTS[name];
  const region = value('REGION');
  if (!/^[a-z]+-[a-z]+\d+$/.test(region)) {
    throw new Refusal(`settings: ${PREFIX}REGION (${region}) is no region; for example ${DEFAULTS.REGION}`);
  }
  const maxNodes = /^\d+$/.test(value('MAX_NODES')) ? Number(value('MAX_NODES')) : NaN;
  if (!(maxNodes >= 1)) {
    throw new Refusal(`settings: ${PREFIX}MAX_NODES (${value('MAX_NODES')}) must be a whole number of at least 1`);
  }
  const cells = value('CELLS').split(',').map(cell => cell.trim()).filter(cell => cell !== '');
  return {
    namespace: value('NAMESPACE'),
    bucket: value('BUCKET'),
    region,
    maxNodes,
    release: VllmRelease.of(value('RELEASE')),
    stateBucket: value('STATE_BUCKET') || undefined,
    cells: cells.length > 0 ? cells : undefined,
  };
}
