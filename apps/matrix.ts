import { Accelerator, Model, ServerPlanProps } from '../lib';

export type StorageId = 'gcs' | 'hdml' | 'pd';

/** One point of the matrix. */
export interface Cell {
  readonly accelerator: Accelerator;
  readonly storage: StorageId;
  readonly model: Model;
  /** Tells it from another cell of the same accelerator and storage. */
  readonly variant?: string;
  readonly server: Omit<ServerPlanProps, 'accelerator' | 'release' | 'zones'>;
}

const STORAGES: StorageId[] = ['gcs', 'hdml', 'pd'];

/** What each accelerator serves by default: the guides' models where they name one, else one that suits its memory. */
const SERVED: Omit<Cell, 'storage'>[] = [
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

export const CELLS: Cell[] = [
  ...SERVED.flatMap(served => STORAGES.map(storage => ({ ...served, storage }))),
  {
    accelerator: Accelerator.A100, storage: 'gcs', variant: 'llama33-70b', model: Model.LLAMA_3_3_70B_INSTRUCT, server: { tensorParallelSize: 8 },
  },
];

/** `l4-gcs`, `a100-gcs-llama33-70b` */
export function cellId({ accelerator, storage, variant }: Cell): string {
  return [accelerator.id, storage, variant].filter(part => part !== undefined).join('-');
}
