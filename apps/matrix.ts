import {
  Accelerator, ImpossibleCell, KustomizeApp, MachineType, Model, Refusal, STORAGE_IDS, takeImagesFrom, VllmCell, VllmCellProps, VllmCluster,
} from '../lib';
import { nearestName } from '../lib/common/nearest-name';
import { Region } from '../lib/common/region';
import { Settings } from './settings';

/** One point of the matrix, as far as the settings do not decide it. */
export type MatrixCell = Pick<VllmCellProps, 'accelerator' | 'storage' | 'model' | 'variant' | 'server' | 'units' | 'release'>;

/** What each accelerator serves by default: the guides' models where they name one, else one that suits its memory. */
const SERVED: Omit<MatrixCell, 'storage'>[] = [
  // bfloat16 weights as float16: the card has no bfloat16.
  { accelerator: Accelerator.T4, model: Model.QWEN2_5_7B_INSTRUCT, server: { tensorParallelSize: 2, dtype: 'half' } },
  { accelerator: Accelerator.L4, model: Model.GEMMA_2_9B_IT, server: { tensorParallelSize: 2 } },
  { accelerator: Accelerator.A100, model: Model.GEMMA_2_9B_IT, server: { tensorParallelSize: 1 } },
  { accelerator: Accelerator.A100_80GB, model: Model.QWEN3_32B, server: { tensorParallelSize: 1, maxModelLen: 32768 } },
  { accelerator: Accelerator.H100, model: Model.GEMMA_2_9B_IT, server: { tensorParallelSize: 1 } },
  // The machine has 8 GPUs: four servers fill it.
  { accelerator: Accelerator.H200, model: Model.LLAMA_3_3_70B_INSTRUCT, server: { tensorParallelSize: 2 } },
  { accelerator: Accelerator.RTX_PRO_6000, model: Model.QWEN3_32B, server: { tensorParallelSize: 1, maxModelLen: 32768 } },
  { accelerator: Accelerator.B200, model: Model.DEEPSEEK_R1, server: { tensorParallelSize: 8 } },
];

export const CELLS: MatrixCell[] = [
  ...SERVED.flatMap(served => STORAGE_IDS.map(storage => ({ ...served, storage }))),
  {
    accelerator: Accelerator.A100, storage: 'gcs', variant: 'llama33-70b', model: Model.LLAMA_3_3_70B_INSTRUCT, server: { tensorParallelSize: 8 },
  },
];

export interface Matrix {
  readonly app: KustomizeApp;
  /** In the order of the matrix. */
  readonly results: readonly (VllmCell | ImpossibleCell)[];
  readonly cells: readonly VllmCell[];
  readonly cluster: VllmCluster;
}

/** All cells that the settings ask for, in memory: nothing is written. */
export function buildMatrix(root: string, settings: Settings): Matrix {
  const { namespace, bucket, region, release, profile, maxNodes, googleApis, imageRegistry, capacity, reservation } = settings;
  requireGpusIn(region);
  const app = new KustomizeApp({ root });
  if (imageRegistry !== undefined) {
    takeImagesFrom(app, imageRegistry);
  }
  const results = chosen(settings).map(cell =>
    VllmCell.of(app, {
      ...cell, server: { capacity, reservation, ...cell.server, requireDigest: profile === 'production' }, namespace, bucket, region, maxNodes, googleApis,
      release: cell.release ?? release, priorityClassName: VllmCluster.PRIORITY_CLASS,
    }));
  requirePossible(settings, results);
  const cells = results.filter(result => result instanceof VllmCell);
  const cluster = new VllmCluster(app, { namespace, cells });
  return { app, results, cells, cluster };
}

function chosen({ cells }: Settings): MatrixCell[] {
  const ids = CELLS.map(VllmCell.idOf);
  const unknown = cells?.filter(id => !ids.includes(id)) ?? [];
  if (unknown.length > 0) {
    throw new Refusal(`settings: CDK8S_VLLM_CELLS names ${unknown.join(', ')}, which the matrix has not; it has ${ids.join(', ')}`);
  }
  return CELLS.filter(cell => cells === undefined || cells.includes(VllmCell.idOf(cell)));
}

/** @throws on a region that nothing of the catalogue is known to be in, before the whole matrix turns out impossible */
function requireGpusIn(region: string): void {
  const regions = [...new Set(MachineType.all().flatMap(({ zones }) => zones).map(zone => Region.ofZone(zone).name))].sort();
  if (!regions.includes(region)) {
    throw new Refusal(`settings: CDK8S_VLLM_REGION (${region}) has none of the catalogue's machines; the nearest name is`
      + ` ${nearestName(region, regions) ?? 'us-central1'}. There are ${regions.join(', ')}`);
  }
}

/** @throws on a cell that was asked for by name and cannot be; one of the whole matrix is only reported */
function requirePossible({ cells }: Settings, results: readonly (VllmCell | ImpossibleCell)[]): void {
  const impossible = results.filter(result => result instanceof ImpossibleCell);
  if (cells !== undefined && impossible.length > 0) {
    throw new Refusal(`settings: CDK8S_VLLM_CELLS names what cannot be:\n${impossible.map(({ id, reason }) => `  ${id}: ${reason}`).join('\n')}`);
  }
}
