import { defaultsOf } from './class-defaults';
import { checkFieldsRead } from './geometry-fields';
import { ConfigFields, Json } from './config-fields';
import { Geometry, HEADS, HIDDEN, INTERMEDIATE, LAYERS } from './geometry';
import { adapterOf, architecturesWithAdapter, NOT_PLANNED_YET } from './table';
import { towerFacts } from './tower';
import { VLLM_REGISTRIES } from '../vllm-registry';
import { nearestName } from '../../common/nearest-name';
import { Refusal } from '../../common/refusal';

/** A configuration, and where the language model's part of it is. */
export interface ConfigParts {
  readonly architecture: string;
  readonly root: Json;
  /** The same as `root` in a model without a tower. */
  readonly text: Json;
  /** Names the file in errors. */
  readonly file: string;
}

/**
 * What the architecture's class in vLLM makes of a configuration.
 *
 * @throws on an architecture without an adapter, and on a field of geometry that the adapter does not read
 */
export function readArchitecture({ architecture, root, text, file }: ConfigParts): Geometry {
  const modelType = String(text.model_type ?? root.model_type ?? '');
  if (VLLM_REGISTRIES.every(({ models }) => !Object.hasOwn(models, architecture))) {
    throw notServed(architecture, file);
  }
  const adapter = adapterOf(architecture, { architecture: (text.architectures as string[] | undefined)?.[0], modelType });
  if (!adapter) {
    throw noAdapter(architecture, modelType, file);
  }
  const defaults = defaultsOf(modelType, String(root.model_type ?? ''));
  const fields = new ConfigFields({ ...text, model_type: modelType }, root === text ? withoutSizes(defaults) : defaults, file);
  const geometry = adapter(fields);
  checkFieldsRead(architecture, fields, root === text ? undefined : root);
  const tower = towerFacts(architecture, root);
  return {
    ...geometry,
    parts: [...geometry.parts ?? [], ...tower.parts ?? []],
    wholeBytes: (geometry.wholeBytes ?? 0) + (tower.wholeBytes ?? 0),
  };
}

/** Files of models without a tower have all sizes: one that lacks them is damaged, and no default makes it whole. */
function withoutSizes(defaults: Json): Json {
  const sizes = [...LAYERS, ...HIDDEN, ...HEADS, ...INTERMEDIATE, 'vocab_size'];
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !sizes.includes(name)));
}

function noAdapter(architecture: string, modelType: string, file: string): Error {
  const having = VLLM_REGISTRIES.filter(({ models }) => Object.hasOwn(models, architecture)).map(({ release }) => release).join(', ');
  const reason = NOT_PLANNED_YET[architecture] ?? 'has no adapter that knows what its class caches and cuts, so that a plan would guess';
  return new Refusal(`${file}: ${architecture} (vLLM ${having}) with a language model of type '${modelType}' ${reason}. `
    + 'Describe the model with Model.of({ id, architecture, layers, hiddenSize, intermediateSize, attentionHeads, kvHeads, headDim, vocabSize, '
    + 'maxModelLen, dtype, weightsBytes, tieWordEmbeddings }), and with caches where not every layer caches all keys and values.');
}

function notServed(architecture: string, file: string): Error {
  const former = VLLM_REGISTRIES.map(({ formerModels }) => formerModels[architecture]).find(found => found !== undefined);
  const nearest = nearestName(architecture, architecturesWithAdapter());
  const advice = former?.until
    ? `; ${former.until} was the last release with it. Take a model that vLLM serves.`
    : former?.plugin
      ? `; the plugin ${former.plugin} has it, in an image of your own.`
      : nearest ? `; did you mean ${nearest}?` : '. Take a model that vLLM serves.';
  return new Refusal(`${file}: vLLM ${VLLM_REGISTRIES.map(({ release }) => release).join(', ')} have no ${architecture}${advice}`);
}
