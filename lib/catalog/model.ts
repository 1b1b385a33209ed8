import { Facts } from './facts';
import { HuggingFaceFolderOptions, readHuggingFaceFolder } from './hugging-face-folder';
import { readModelLock } from './model-lock';
import { ModelProps } from './model-props';
import * as gemma from './models/gemma';
import * as llama from './models/llama';
import * as mistral from './models/mistral';
import * as other from './models/other';
import * as qwen from './models/qwen';
import { Refusal } from '../common/refusal';

export type { HuggingFaceFolderOptions } from './hugging-face-folder';
export type { Experts, LatentAttention, ModelFile, ModelProps } from './model-props';

type Defaulted = 'slidingLayers' | 'finalLogitSoftcapping' | 'supportsFloat16' | 'multimodal';
type ModelFacts = ModelProps & Required<Pick<ModelProps, Defaulted>>;

/** A model: the shapes and bytes that decide what it needs, and nothing computed from them. */
export class Model extends Facts<ModelFacts>() {
  static readonly GEMMA_1_1_7B_IT = new Model(gemma.GEMMA_1_1_7B_IT);
  static readonly GEMMA_2_9B_IT = new Model(gemma.GEMMA_2_9B_IT);
  static readonly GEMMA_2_27B_IT = new Model(gemma.GEMMA_2_27B_IT);
  static readonly GEMMA_3_1B_IT = new Model(gemma.GEMMA_3_1B_IT);
  static readonly GEMMA_3_4B_IT = new Model(gemma.GEMMA_3_4B_IT);
  static readonly GEMMA_3_12B_IT = new Model(gemma.GEMMA_3_12B_IT);
  static readonly GEMMA_3_27B_IT = new Model(gemma.GEMMA_3_27B_IT);
  static readonly GEMMA_4_26B_A4B_IT = new Model(gemma.GEMMA_4_26B_A4B_IT);
  static readonly GEMMA_4_31B_IT = new Model(gemma.GEMMA_4_31B_IT);
  static readonly LLAMA_2_7B = new Model(llama.LLAMA_2_7B);
  static readonly LLAMA_2_13B = new Model(llama.LLAMA_2_13B);
  static readonly LLAMA_2_70B = new Model(llama.LLAMA_2_70B);
  static readonly VICUNA_13B_V1_3 = new Model(llama.VICUNA_13B_V1_3);
  static readonly LLAMA_3_1_8B_INSTRUCT = new Model(llama.LLAMA_3_1_8B_INSTRUCT);
  static readonly LLAMA_3_1_70B_INSTRUCT = new Model(llama.LLAMA_3_1_70B_INSTRUCT);
  static readonly LLAMA_3_3_70B_INSTRUCT = new Model(llama.LLAMA_3_3_70B_INSTRUCT);
  static readonly LLAMA_3_1_405B_INSTRUCT = new Model(llama.LLAMA_3_1_405B_INSTRUCT);
  static readonly LLAMA_4_SCOUT_17B_16E_INSTRUCT = new Model(llama.LLAMA_4_SCOUT_17B_16E_INSTRUCT);
  static readonly MISTRAL_7B_V0_1 = new Model(mistral.MISTRAL_7B_V0_1);
  static readonly MISTRAL_7B_INSTRUCT_V0_3 = new Model(mistral.MISTRAL_7B_INSTRUCT_V0_3);
  static readonly MIXTRAL_8X7B_V0_1 = new Model(mistral.MIXTRAL_8X7B_V0_1);
  static readonly MIXTRAL_8X7B_INSTRUCT_V0_1 = new Model(mistral.MIXTRAL_8X7B_INSTRUCT_V0_1);
  static readonly QWEN2_5_7B_INSTRUCT = new Model(qwen.QWEN2_5_7B_INSTRUCT);
  static readonly QWEN2_5_14B_INSTRUCT = new Model(qwen.QWEN2_5_14B_INSTRUCT);
  static readonly QWEN2_5_32B_INSTRUCT = new Model(qwen.QWEN2_5_32B_INSTRUCT);
  static readonly QWEN2_5_72B_INSTRUCT = new Model(qwen.QWEN2_5_72B_INSTRUCT);
  static readonly QWEN3_0_6B = new Model(qwen.QWEN3_0_6B);
  static readonly QWEN3_8B = new Model(qwen.QWEN3_8B);
  static readonly QWEN3_32B = new Model(qwen.QWEN3_32B);
  static readonly QWEN3_30B_A3B = new Model(qwen.QWEN3_30B_A3B);
  static readonly QWEN3_235B_A22B = new Model(qwen.QWEN3_235B_A22B);
  static readonly FALCON_7B = new Model(other.FALCON_7B);
  static readonly FALCON_40B = new Model(other.FALCON_40B);
  static readonly DEEPSEEK_V3 = new Model(other.DEEPSEEK_V3);
  static readonly DEEPSEEK_R1 = new Model(other.DEEPSEEK_R1);
  static readonly DEEPSEEK_V3_1 = new Model(other.DEEPSEEK_V3_1);
  static readonly GPT_OSS_20B = new Model(other.GPT_OSS_20B);
  static readonly GPT_OSS_120B = new Model(other.GPT_OSS_120B);

  static all(): Model[] {
    return Object.values(Model).filter(value => value instanceof Model);
  }

  static fromId(id: string): Model {
    const found = Model.all().find(model => model.id === id);
    if (!found) {
      const ids = Model.all().map(model => model.id).join(', ');
      throw new Refusal(`Unknown model '${id}'. Known: ${ids}. Use Model.fromDirectory('path/to/the/model') or Model.of(...) for another.`);
    }
    return found;
  }

  static of(props: ModelProps): Model {
    return new Model(props);
  }

  /**
   * Reads `config.json` and the safetensors headers of a folder as Hugging Face lays it out; the tensors themselves are not read.
   */
  static fromDirectory(directory: string, options: HuggingFaceFolderOptions = {}): Model {
    return new Model(readHuggingFaceFolder(directory, options));
  }

  /**
   * Reads the file that `npx cdk8s-vllm lock <hugging-face-id>` writes: the model at one commit, with the sha256 of each of its files.
   *
   * @throws when the lock contradicts itself; whether it agrees with the hub is for the loader to see, which verifies every file
   */
  static fromLock(file: string): Model {
    return new Model(readModelLock(file));
  }

  private constructor(props: ModelProps) {
    super({
      ...props,
      slidingLayers: props.slidingLayers ?? 0,
      finalLogitSoftcapping: props.finalLogitSoftcapping ?? false,
      supportsFloat16: props.supportsFloat16 ?? true,
      multimodal: props.multimodal ?? false,
    });
  }
}
