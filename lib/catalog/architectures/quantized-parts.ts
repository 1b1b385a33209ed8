import { Geometry } from './geometry';
import { Json } from './config-fields';
import { TensorParallelParts } from '../layer-cache';

/** Methods whose scales belong to groups of the columns that a row-parallel layer is cut along. */
const GROUPED = ['awq', 'awq_marlin', 'gptq', 'gptq_marlin', 'auto-round', 'auto_round', 'inc'];

/**
 * Groups and blocks that share a scale, which tensor parallelism must not cut (vllm/model_executor/layers/quantization, 0.32:
 * utils/fp8_utils.py, validate_fp8_block_shape, and the checks of group sizes in awq.py, gptq.py and compressed_tensors).
 */
export function quantizedParts(config: Json | undefined, geometry: Geometry): TensorParallelParts[] {
  const method = String(config?.quant_method ?? '').toLowerCase();
  const group = groupSize(config, method);
  if (group !== undefined) {
    const { experts } = geometry;
    const widths = [...geometry.cutWidths ?? [], ...(experts ? [{ what: 'experts', width: experts.intermediateSize }] : [])];
    return widths.map(({ what, width }) => partsOf(`groups of ${group} of the ${what}`, width, group));
  }
  const block = method === 'fp8' ? (config?.weight_block_size as number[] | undefined | null)?.[0] : undefined;
  if (block === undefined) {
    return [];
  }
  const widths = (geometry.cutWidths ?? []).map(({ what, width }) => partsOf(`fp8 blocks of ${block} of the ${what}`, width, block));
  return geometry.mla ? widths : [...widths, keysOf(geometry, block)];
}

/** Heads of keys are replicated whole, so that only heads that are no whole blocks matter. */
function keysOf({ kvHeads, headDim }: Geometry, block: number): TensorParallelParts {
  return { ...partsOf(`fp8 blocks of ${block} of the keys`, kvHeads * headDim, block), replicated: headDim % block === 0 };
}

/** A width that is no whole number of groups cannot be cut at all. */
function partsOf(what: string, width: number, group: number): TensorParallelParts {
  return { what, count: width % group === 0 ? width / group : 1 };
}

function groupSize(config: Json | undefined, method: string): number | undefined {
  if (GROUPED.includes(method)) {
    return positive(config?.group_size);
  }
  const groups = Object.values((config?.config_groups ?? {}) as Record<string, { weights?: { group_size?: unknown } } | null>);
  const sizes = groups.map(group => positive(group?.weights?.group_size)).filter(size => size !== undefined);
  return sizes.length > 0 ? Math.max(...sizes) : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
