import * as fs from 'node:fs';
import * as path from 'node:path';
import { HuggingFaceConfig } from './hugging-face-config';
import { ModelProps } from './model-props';
import { Checkpoint, readCheckpoint, readJson, Tensor } from './safetensors';

export interface HuggingFaceFolderOptions {
  /**
   * Hugging Face id of the model.
   * @default - `_name_or_path` of config.json where it is an id, otherwise the name of the folder
   */
  readonly id?: string;
  /**
   * Commit of the Hugging Face repository.
   * @default - not pinned
   */
  readonly revision?: string;
}

const HUGGING_FACE_ID = /^[\w.-]+\/[\w.-]+$/;
const OUTPUT_HEAD = /(^|\.)lm_head\.weight$/;
/** What `--quantization` leaves alone: embeddings, heads, norms, routers and towers. */
const NOT_QUANTIZABLE = /embed|lm_head|norm|\.gate\.weight$|router|vision|visual|audio|multi_modal|conv/;

/** Reads a folder as Hugging Face lays it out: `config.json` and the headers of its safetensors, never the tensors. */
export function readHuggingFaceFolder(directory: string, options: HuggingFaceFolderOptions): ModelProps {
  const file = path.join(directory, 'config.json');
  if (!fs.existsSync(file)) {
    throw new Error(`${directory} has no config.json. Give the folder that 'hf download <model> --local-dir <folder>' fills.`);
  }
  const config = new HuggingFaceConfig(readJson(file), file);
  const checkpoint = readCheckpoint(directory);
  const { slidingLayers, experts, mla, quantization } = config;
  const dtype = config.dtype ?? commonDtype(checkpoint);
  const name = config.nameOrPath && HUGGING_FACE_ID.test(config.nameOrPath) ? config.nameOrPath : path.basename(path.resolve(directory));
  return {
    id: options.id ?? name,
    revision: options.revision,
    architecture: config.architecture,
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    intermediateSize: config.intermediateSize,
    attentionHeads: config.attentionHeads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    globalKvHeads: config.globalKvHeads,
    globalHeadDim: config.globalHeadDim,
    vocabSize: config.vocabSize,
    maxModelLen: config.maxModelLen,
    // vLLM serves float32 checkpoints in bfloat16 (vllm/config/model.py, _resolve_auto_dtype)
    dtype: dtype === 'float32' ? 'bfloat16' : dtype,
    weightsBytes: weightsBytes(config, checkpoint, dtype),
    tieWordEmbeddings: config.tieWordEmbeddings,
    slidingWindow: slidingLayers > 0 ? config.slidingWindow : undefined,
    slidingLayers,
    finalLogitSoftcapping: config.finalLogitSoftcapping,
    supportsFloat16: config.supportsFloat16,
    mla,
    experts,
    quantization,
    linearWeightBytes: linearWeightBytes(config, checkpoint, dtype),
    multimodal: config.multimodal,
  };
}

function weightsBytes(config: HuggingFaceConfig, checkpoint: Checkpoint, dtype: string): number {
  const kept = checkpoint.tensors?.filter(tensor => !(config.tieWordEmbeddings && OUTPUT_HEAD.test(tensor.name)));
  const loaded = kept ? bytesOnGpu(config, kept, dtype) : checkpoint.totalBytes;
  if (!config.sharesKeysAsValues) {
    return loaded;
  }
  const fullLayers = config.layers - config.slidingLayers;
  return loaded + fullLayers * config.hiddenSize * (config.globalKvHeads ?? config.kvHeads) * (config.globalHeadDim ?? config.headDim) * 2;
}

/** Bytes of the linear layers; without headers those of everything but the embeddings, which in a dense model are all but 0.1 %. */
function linearWeightBytes(config: HuggingFaceConfig, checkpoint: Checkpoint, dtype: string): number | undefined {
  if (checkpoint.tensors) {
    const linear = checkpoint.tensors.filter(tensor => tensor.shape.length >= 2 && !NOT_QUANTIZABLE.test(tensor.name));
    return bytesOnGpu(config, linear, dtype);
  }
  if (config.multimodal || config.quantization) {
    return undefined;
  }
  return checkpoint.totalBytes - config.vocabSize * config.hiddenSize * (config.tieWordEmbeddings ? 1 : 2) * 2;
}

function bytesOnGpu(config: HuggingFaceConfig, tensors: Tensor[], dtype: string): number {
  const halved = (tensor: Tensor) => dtype === 'float32' && tensor.dtype === 'F32' && !config.quantization;
  return tensors.reduce((sum, tensor) => sum + (halved(tensor) ? tensor.bytes / 2 : tensor.bytes), 0);
}

function commonDtype(checkpoint: Checkpoint): string {
  const dtypes = new Set(checkpoint.tensors?.map(tensor => tensor.dtype));
  return dtypes.has('BF16') ? 'bfloat16' : dtypes.has('F16') ? 'float16' : 'float32';
}
