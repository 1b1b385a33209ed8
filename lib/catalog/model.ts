import { HuggingFaceFolderOptions, readHuggingFaceFolder } from './hugging-face-folder';
import { readModelLock } from './model-lock';
import { ModelProps } from './model-props';
import * as gemma from './models/gemma';
import * as llama from './models/llama';
import * as mistral from './models/mistral';
import * as other from './models/other';
import * as qwen from './models/qwen';
import { Refusal } from '../common/refusal';
import { requireProps } from '../common/props';

export type { ServedWith } from './completeness';
export type { HuggingFaceFolderOptions } from './hugging-face-folder';
export type { AttentionCache, IndexerCache, LatentCache, LayerCache, RecurrentCache, StatePart, TensorParallelParts } from './layer-cache';
export type { Experts, LatentAttention, ModelFile, ModelProps } from './model-props';

/** The props are the fields, and those with a default always have a value. */
export interface Model extends ModelProps {
  /** How many of the layers attend to a sliding window, from 0 to `layers`. */
  readonly slidingLayers: number;
  /** Whether the final logits are capped, which takes a second copy of them. */
  readonly finalLogitSoftcapping: boolean;
  /** Whether vLLM runs the model in float16. */
  readonly supportsFloat16: boolean;
  /** Whether the model has a vision or audio tower. */
  readonly multimodal: boolean;
}

/** A model: the shapes and bytes that decide what it needs, and nothing computed from them. */
export class Model {
  /** Gemma 1.1 of Google with 7 billion parameters, for instructions. */
  static readonly GEMMA_1_1_7B_IT = new Model(gemma.GEMMA_1_1_7B_IT);
  /** Gemma 2 of Google with 9 billion parameters, for instructions. */
  static readonly GEMMA_2_9B_IT = new Model(gemma.GEMMA_2_9B_IT);
  /** Gemma 2 of Google with 27 billion parameters, for instructions. */
  static readonly GEMMA_2_27B_IT = new Model(gemma.GEMMA_2_27B_IT);
  /** Gemma 3 of Google with 1 billion parameters, text only, for instructions. */
  static readonly GEMMA_3_1B_IT = new Model(gemma.GEMMA_3_1B_IT);
  /** Gemma 3 of Google with 4 billion parameters and a vision tower, for instructions. */
  static readonly GEMMA_3_4B_IT = new Model(gemma.GEMMA_3_4B_IT);
  /** Gemma 3 of Google with 12 billion parameters and a vision tower, for instructions. */
  static readonly GEMMA_3_12B_IT = new Model(gemma.GEMMA_3_12B_IT);
  /** Gemma 3 of Google with 27 billion parameters and a vision tower, for instructions. */
  static readonly GEMMA_3_27B_IT = new Model(gemma.GEMMA_3_27B_IT);
  /** Gemma 4 of Google, a mixture of experts with 26 billion parameters, 4 of them active, and a vision tower, for instructions. */
  static readonly GEMMA_4_26B_A4B_IT = new Model(gemma.GEMMA_4_26B_A4B_IT);
  /** Gemma 4 of Google with 31 billion parameters and a vision tower, for instructions. */
  static readonly GEMMA_4_31B_IT = new Model(gemma.GEMMA_4_31B_IT);
  /** Llama 2 of Meta with 7 billion parameters. */
  static readonly LLAMA_2_7B = new Model(llama.LLAMA_2_7B);
  /** Llama 2 of Meta with 13 billion parameters. */
  static readonly LLAMA_2_13B = new Model(llama.LLAMA_2_13B);
  /** Llama 2 of Meta with 70 billion parameters. */
  static readonly LLAMA_2_70B = new Model(llama.LLAMA_2_70B);
  /** Vicuna 1.3 of LMSYS with 13 billion parameters, made from Llama, for chat. */
  static readonly VICUNA_13B_V1_3 = new Model(llama.VICUNA_13B_V1_3);
  /** Llama 3.1 of Meta with 8 billion parameters, for instructions. */
  static readonly LLAMA_3_1_8B_INSTRUCT = new Model(llama.LLAMA_3_1_8B_INSTRUCT);
  /** Llama 3.1 of Meta with 70 billion parameters, for instructions. */
  static readonly LLAMA_3_1_70B_INSTRUCT = new Model(llama.LLAMA_3_1_70B_INSTRUCT);
  /** Llama 3.3 of Meta with 70 billion parameters, for instructions. */
  static readonly LLAMA_3_3_70B_INSTRUCT = new Model(llama.LLAMA_3_3_70B_INSTRUCT);
  /** Llama 3.1 of Meta with 405 billion parameters, for instructions. */
  static readonly LLAMA_3_1_405B_INSTRUCT = new Model(llama.LLAMA_3_1_405B_INSTRUCT);
  /** Llama 4 Scout of Meta, a mixture of 16 experts with 17 billion active parameters and a vision tower, for instructions. */
  static readonly LLAMA_4_SCOUT_17B_16E_INSTRUCT = new Model(llama.LLAMA_4_SCOUT_17B_16E_INSTRUCT);
  /** Mistral 0.1 with 7 billion parameters. */
  static readonly MISTRAL_7B_V0_1 = new Model(mistral.MISTRAL_7B_V0_1);
  /** Mistral 0.3 with 7 billion parameters, for instructions. */
  static readonly MISTRAL_7B_INSTRUCT_V0_3 = new Model(mistral.MISTRAL_7B_INSTRUCT_V0_3);
  /** Mixtral 0.1 of Mistral, a mixture of 8 experts of 7 billion parameters. */
  static readonly MIXTRAL_8X7B_V0_1 = new Model(mistral.MIXTRAL_8X7B_V0_1);
  /** Mixtral 0.1 of Mistral, a mixture of 8 experts of 7 billion parameters, for instructions. */
  static readonly MIXTRAL_8X7B_INSTRUCT_V0_1 = new Model(mistral.MIXTRAL_8X7B_INSTRUCT_V0_1);
  /** Qwen 2.5 of Alibaba with 7 billion parameters, for instructions. */
  static readonly QWEN2_5_7B_INSTRUCT = new Model(qwen.QWEN2_5_7B_INSTRUCT);
  /** Qwen 2.5 of Alibaba with 14 billion parameters, for instructions. */
  static readonly QWEN2_5_14B_INSTRUCT = new Model(qwen.QWEN2_5_14B_INSTRUCT);
  /** Qwen 2.5 of Alibaba with 32 billion parameters, for instructions. */
  static readonly QWEN2_5_32B_INSTRUCT = new Model(qwen.QWEN2_5_32B_INSTRUCT);
  /** Qwen 2.5 of Alibaba with 72 billion parameters, for instructions. */
  static readonly QWEN2_5_72B_INSTRUCT = new Model(qwen.QWEN2_5_72B_INSTRUCT);
  /** Qwen 3 of Alibaba with 0.6 billion parameters. */
  static readonly QWEN3_0_6B = new Model(qwen.QWEN3_0_6B);
  /** Qwen 3 of Alibaba with 8 billion parameters. */
  static readonly QWEN3_8B = new Model(qwen.QWEN3_8B);
  /** Qwen 3 of Alibaba with 32 billion parameters. */
  static readonly QWEN3_32B = new Model(qwen.QWEN3_32B);
  /** Qwen 3 of Alibaba, a mixture of experts with 30 billion parameters, 3 of them active. */
  static readonly QWEN3_30B_A3B = new Model(qwen.QWEN3_30B_A3B);
  /** Qwen 3 of Alibaba, a mixture of experts with 235 billion parameters, 22 of them active. */
  static readonly QWEN3_235B_A22B = new Model(qwen.QWEN3_235B_A22B);
  /** Falcon of the Technology Innovation Institute with 7 billion parameters. */
  static readonly FALCON_7B = new Model(other.FALCON_7B);
  /** Falcon of the Technology Innovation Institute with 40 billion parameters. */
  static readonly FALCON_40B = new Model(other.FALCON_40B);
  /** DeepSeek V3, a mixture of experts with 671 billion parameters in fp8, 37 of them active, and latent attention. */
  static readonly DEEPSEEK_V3 = new Model(other.DEEPSEEK_V3);
  /** DeepSeek R1, the reasoning model made from V3, in fp8. */
  static readonly DEEPSEEK_R1 = new Model(other.DEEPSEEK_R1);
  /** DeepSeek V3.1, in fp8. */
  static readonly DEEPSEEK_V3_1 = new Model(other.DEEPSEEK_V3_1);
  /** gpt-oss of OpenAI with 20 billion parameters in mxfp4, a mixture of experts. */
  static readonly GPT_OSS_20B = new Model(other.GPT_OSS_20B);
  /** gpt-oss of OpenAI with 120 billion parameters in mxfp4, a mixture of experts. */
  static readonly GPT_OSS_120B = new Model(other.GPT_OSS_120B);

  /** Every model of the catalogue. */
  static all(): Model[] {
    return Object.values(Model).filter(value => value instanceof Model);
  }

  /**
   * The model of the catalogue with that Hugging Face id.
   *
   * @throws when the catalogue has no such id
   */
  static fromId(id: string): Model {
    const found = Model.all().find(model => model.id === id);
    if (!found) {
      const ids = Model.all().map(model => model.id).join(', ');
      throw new Refusal(`Unknown model '${id}'. Known: ${ids}. Use Model.fromDirectory('path/to/the/model') or Model.of(...) for another.`);
    }
    return found;
  }

  /** A model that the catalogue lacks. */
  static of(props: ModelProps): Model {
    requireProps('ModelProps', props, 'Model.of');
    return new Model(props);
  }

  /**
   * The model in a folder as Hugging Face lays it out. `config.json` and the headers of the safetensors are read, never the tensors. Where
   * only the index of the weights is there, that is enough to plan; a folder with weights has to have all that a server needs.
   *
   * @throws when a file is missing or damaged, and on a configuration that is not one of a language model
   */
  static fromDirectory(directory: string, options: HuggingFaceFolderOptions = {}): Model {
    requireProps('HuggingFaceFolderOptions', options, 'Model.fromDirectory');
    return new Model(readHuggingFaceFolder(directory, options));
  }

  /**
   * The model of a lock, the file that `npx cdk8s-vllm lock <hugging-face-id>` writes: one commit, with the sha256 of each of its files.
   *
   * @throws when the lock contradicts itself; whether it agrees with the hub is for the loader to see, which verifies every file
   */
  static fromLock(file: string): Model {
    if (typeof file !== 'string') {
      throw new Refusal(`Model.fromLock: the path (${String(file)}) has to be a string`);
    }
    return new Model(readModelLock(file));
  }

  private constructor(props: ModelProps) {
    Object.assign(this, props, {
      slidingLayers: props.slidingLayers ?? 0,
      finalLogitSoftcapping: props.finalLogitSoftcapping ?? false,
      supportsFloat16: props.supportsFloat16 ?? true,
      multimodal: props.multimodal ?? false,
    });
  }
}
