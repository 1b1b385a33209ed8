import * as fs from 'node:fs';
import * as path from 'node:path';
import { ServedWith } from './completeness';
import { HuggingFaceConfig } from './hugging-face-config';
import { HUGGING_FACE_ID, modelFacts } from './hugging-face-model';
import { ModelProps } from './model-props';
import { parseFile, readCheckpoint } from './safetensors';
import { Refusal } from '../common/refusal';

/** Options of `Model.fromDirectory`: what the folder may not say of its model. */
export interface HuggingFaceFolderOptions extends ServedWith {
  /**
   * Hugging Face id of the model, for example `google/gemma-2-9b-it`.
   * @default - `_name_or_path` of config.json where it is an id, otherwise the name of the folder
   */
  readonly id?: string;
  /**
   * Commit of the Hugging Face repository, 40 hexadecimal digits.
   * @default - not pinned
   */
  readonly revision?: string;
}

/** Reads a folder as Hugging Face lays it out: `config.json` and the headers of its safetensors, never the tensors. */
export function readHuggingFaceFolder(directory: string, options: HuggingFaceFolderOptions): ModelProps {
  const file = path.join(directory, 'config.json');
  if (!fs.existsSync(file)) {
    throw new Refusal(`${directory} has no config.json. Give the folder that 'hf download <model> --local-dir <folder>' fills.`);
  }
  const config = new HuggingFaceConfig(parseFile(file), file);
  const facts = modelFacts(config, readCheckpoint(directory, options, name => config.predicts(name)));
  const name = config.nameOrPath && HUGGING_FACE_ID.test(config.nameOrPath) ? config.nameOrPath : path.basename(path.resolve(directory));
  return { id: options.id ?? name, revision: options.revision, ...facts };
}
