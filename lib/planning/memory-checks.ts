import { checkLora, checkSpeculation } from './extension-checks';
import { MemoryPlanProps, ResolvedMemoryProps } from './memory-plan-props';
import { Refusal } from '../common/refusal';
import { legalTensorParallelSizes, undivided } from './tensor-parallel';

/** Contradictions that vLLM itself refuses, whatever the memory; the first one found is thrown. */
export function checkMemoryPlanProps(plan: ResolvedMemoryProps, props: MemoryPlanProps): void {
  const { model } = plan;
  for (const name of ['tensorParallelSize', 'pipelineParallelSize', 'maxNumBatchedTokens', 'maxNumSeqs'] as const) {
    if (!Number.isSafeInteger(plan[name]) || plan[name] < 1) {
      throw refusal(`'${name}' (${plan[name]}) must be a whole number of at least 1`);
    }
  }
  if (typeof plan.gpuMemoryUtilization !== 'number' || !(plan.gpuMemoryUtilization > 0 && plan.gpuMemoryUtilization <= 1)) {
    throw refusal(`'gpuMemoryUtilization' (${plan.gpuMemoryUtilization}) is a share of the GPU's memory, above 0 and at most 1`
      + (plan.gpuMemoryUtilization >= 50 && plan.gpuMemoryUtilization <= 100 ? `; did you mean ${plan.gpuMemoryUtilization / 100}?` : ''));
  }
  checkParallelism(plan);
  checkLength(plan, props.maxModelLen);
  if (plan.maxNumSeqs > plan.maxNumBatchedTokens) {
    throw refusal(`'maxNumBatchedTokens' (${plan.maxNumBatchedTokens}) must be at least 'maxNumSeqs' (${plan.maxNumSeqs});`
      + ` raise maxNumBatchedTokens to ${plan.maxNumSeqs} or lower maxNumSeqs to ${plan.maxNumBatchedTokens}`);
  }
  checkKernels(plan);
  checkDtype(plan, props);
  checkQuantization(plan, props.quantization);
  if (props.kvCacheDtype === 'bfloat16' && !plan.accelerator.supportsBfloat16) {
    throw refusal(`'kvCacheDtype' (bfloat16) needs compute capability 8 or above; ${plan.accelerator.displayName} has`
      + ` ${plan.accelerator.computeCapability}. Leave kvCacheDtype out (auto), or set it to float16`);
  }
  if (props.kvCacheDtype?.startsWith('fp8') && !plan.accelerator.supportsFp8) {
    throw refusal(`'kvCacheDtype' (${props.kvCacheDtype}) needs compute capability 8.9 or above;`
      + ` ${plan.accelerator.displayName} has ${plan.accelerator.computeCapability}. Leave kvCacheDtype out`);
  }
  named(() => plan.release.model(model.architecture));
  checkLora(plan, props.lora);
  checkSpeculation(plan, props.speculative);
  if (model.minimumRelease && !plan.release.supports(model.minimumRelease)) {
    throw refusal(`${model.id} needs vLLM ${model.minimumRelease} or newer, got ${plan.release.version}`);
  }
}

/** The largest share of a GPU, in hundredths, that leaves so much beside it; below 0 when there is none. */
export function largestUtilization(totalBytes: number, outsideBudgetBytes: number): number {
  return Math.floor((1 - outsideBudgetBytes / totalBytes) * 100) / 100;
}

function checkParallelism({ model, tensorParallelSize, pipelineParallelSize }: ResolvedMemoryProps): void {
  const cut = undivided(model, tensorParallelSize);
  if (cut) {
    const legal = legalTensorParallelSizes(model, 16).join(', ');
    const rule = cut.replicated ? ', nor do they divide it' : '';
    throw refusal(`the ${cut.count} ${cut.what} of ${model.id} are not divisible by 'tensorParallelSize'`
      + ` (${tensorParallelSize})${rule}; legal sizes are ${legal}`);
  }
  if (pipelineParallelSize > model.layers) {
    throw refusal(`'pipelineParallelSize' (${pipelineParallelSize}) exceeds the ${model.layers} layers of ${model.id}`);
  }
}

/** Machine code runs on its own compute capability and on later ones of the same major version. */
function checkKernels({ release, accelerator }: ResolvedMemoryProps): void {
  const { computeCapabilities } = release.imageFacts;
  const { computeCapability, displayName } = accelerator;
  if (!computeCapabilities.some(known => Math.floor(known) === Math.floor(computeCapability) && known <= computeCapability)) {
    throw refusal(`the image of vLLM ${release.version} has no kernels for ${displayName}, compute capability ${computeCapability}; it has them for`
      + ` ${computeCapabilities.map(known => known.toFixed(1)).join(', ')}. Take a card of these`);
  }
}

function checkLength({ model }: ResolvedMemoryProps, maxModelLen: number | 'auto' | undefined): void {
  if (maxModelLen === undefined || maxModelLen === 'auto') {
    return;
  }
  if (!Number.isSafeInteger(maxModelLen) || maxModelLen < 1) {
    throw refusal(`'maxModelLen' (${maxModelLen}) must be a whole number of at least 1, or 'auto'`);
  }
  if (maxModelLen > model.maxModelLen) {
    throw refusal(`'maxModelLen' (${maxModelLen}) is greater than the ${model.maxModelLen} tokens that ${model.id} was made for;`
      + ` use at most ${model.maxModelLen}`);
  }
}

function checkDtype({ model, accelerator }: ResolvedMemoryProps, props: MemoryPlanProps): void {
  const dtype = props.dtype === undefined || props.dtype === 'auto' ? model.dtype : props.dtype;
  if (!['bfloat16', 'float16', 'half', 'float32', 'float'].includes(dtype)) {
    throw refusal(`'dtype' (${dtype}) is none of auto, bfloat16, float16, half, float32, float`);
  }
  // mxfp4 kernels take bfloat16 only: vllm/model_executor/layers/quantization/mxfp4.py
  const servedInFloat16 = model.supportsFloat16 && model.quantization !== 'mxfp4';
  if (dtype === 'bfloat16' && !accelerator.supportsBfloat16) {
    throw refusal(`${accelerator.displayName} (compute capability ${accelerator.computeCapability}) has no bfloat16, the dtype of ${model.id};`
      + (!servedInFloat16 ? ' the model is not served in float16 either: take an L4 or newer' : ' set dtype to half'));
  }
  if (['float16', 'half'].includes(dtype) && !servedInFloat16) {
    throw refusal(`${model.id} (${model.architecture}) is not served in float16. Use bfloat16 on an L4 or newer`);
  }
  if (['float32', 'float'].includes(dtype) && model.dtype !== 'float32') {
    throw refusal(`'dtype' (${dtype}) doubles the weights of ${model.id}; use ${model.dtype} or half`);
  }
}

function checkQuantization(plan: ResolvedMemoryProps, quantization: string | undefined): void {
  const { model, accelerator, tensorParallelSize, release } = plan;
  if (model.quantization !== undefined) {
    named(() => release.quantization(model.quantization!));
  }
  if (quantization !== undefined && quantization !== (model.quantization ?? 'fp8')) {
    throw refusal(`'quantization' (${quantization}) cannot be planned for ${model.id}: online quantization can be 'fp8',`
      + ' others come with the checkpoint and need no setting');
  }
  if (quantization === 'fp8' && model.quantization === undefined && !accelerator.supportsFp8) {
    throw refusal(`'quantization' (fp8) needs compute capability 8.9 or above; ${accelerator.displayName} has`
      + ` ${accelerator.computeCapability}. Take an L4 or newer, or a checkpoint quantized to 4 bit`);
  }
  const width = model.experts?.intermediateSize;
  const block = model.experts?.fp8BlockColumns ?? 128;
  // Blocks of 128 x 128 that share a scale must not be cut: vllm/model_executor/layers/quantization/fp8.py. 0.32 pads them, and a
  // checkpoint with one scale a tensor has no blocks.
  if (model.quantization === 'fp8' && block > 0 && !release.supports('0.32.0') && width !== undefined
    && width % (block * tensorParallelSize) !== 0) {
    throw refusal(`the experts of ${model.id} are ${width} wide; 'tensorParallelSize' (${tensorParallelSize}) would cut their fp8 blocks`
      + ` of ${block}. Use at most ${legalTensorParallelSizes(model, 16).filter(size => width % (block * size) === 0).at(-1)}`);
  }
}

/** What a release refuses is a contradiction of the plan. */
function named(look: () => unknown): void {
  try {
    look();
  } catch (error) {
    throw error instanceof Refusal ? refusal(error.message) : error;
  }
}

function refusal(text: string): Error {
  return new Refusal(`MemoryPlan: ${text}`);
}
