import { AttentionLayer, cachesOf } from './layers';
import { Basics, basics, Adapter, Geometry } from './geometry';
import { ConfigFields } from './config-fields';

/** How a class in vLLM decides which of its layers have a window (vllm/model_executor/models, 0.32). */
export interface AttentionOptions {
  /**
   * What the class does with `layer_types`: takes them; reads none of them, so that a mixture is full attention everywhere; or asserts
   * that there is no mixture.
   */
  readonly layerTypes?: 'taken' | 'ignored' | 'uniform';
  /** One layer in so many has full attention where the file does not list them; the last of each, or the first. */
  readonly pattern?: { readonly every: number; readonly full: 'first' | 'last' };
  /** Tokens that the class adds to the window of the file. */
  readonly more?: number;
  /** Whether the class never looks at a window. */
  readonly noWindow?: boolean;
  /** Shape of a layer, where it differs by kind. */
  readonly shape?: (fields: ConfigFields, layer: AttentionLayer, index: number) => AttentionLayer;
  /** Whether the last `num_kv_shared_layers` read the cache of earlier ones. */
  readonly shares?: boolean;
  /** Whether every layer reads its text both ways, so that nothing is cached. */
  readonly bothWays?: (fields: ConfigFields) => boolean;
  /** What else differs. */
  readonly besides?: (fields: ConfigFields, geometry: Geometry) => Geometry;
}

const FULL = ['full_attention', 'attention', 'full', 'global_attention'];
const SLIDING = ['sliding_attention', 'local_attention', 'sliding_window_attention'];

/** Attention that caches keys and values of some heads: all of them, or those of a window. */
export function attention(options: AttentionOptions = {}): Adapter {
  return (fields) => {
    const base = basics(fields);
    const shared = options.shares ? fields.optional('num_kv_shared_layers') ?? 0 : 0;
    const bothWays = options.bothWays?.(fields) ?? false;
    const layers = windows(fields, base, options).map((window, index): AttentionLayer => {
      const kind = window === undefined ? 'full' : 'sliding';
      const plain: AttentionLayer = { kind, kvHeads: base.kvHeads, keyDim: base.headDim, valueDim: base.headDim, window };
      const layer = options.shape?.(fields, plain, index) ?? plain;
      return bothWays ? { ...layer, kind: 'none' } : index >= base.layers - shared ? { ...layer, kind: 'shared' } : layer;
    });
    const geometry: Geometry = { ...base, caches: cachesOf(layers), cutWidths: cutWidths(fields, base) };
    return options.besides?.(fields, geometry) ?? geometry;
  };
}

/** Widths that a rank has a part of, in a checkpoint whose scales belong to groups of them. */
export function cutWidths(fields: ConfigFields, { intermediateSize, attentionHeads, headDim, experts }: Basics): Geometry['cutWidths'] {
  const shared = fields.optional('shared_expert_intermediate_size', 'moe_shared_expert_intermediate_size')
    ?? (fields.optional('n_shared_experts', 'num_shared_experts') ?? 0) * (experts?.intermediateSize ?? 0);
  const dense = !experts || (fields.optional('first_k_dense_replace', 'num_dense_layers') ?? 0) > 0
    || (fields.list('mlp_only_layers') ?? []).length > 0 || (fields.list<string>('mlp_layer_types') ?? []).includes('dense');
  return [
    ...(dense ? [{ what: 'feed-forward layer', width: intermediateSize }] : []),
    { what: 'attention\'s output', width: attentionHeads * headDim },
    ...(shared > 0 ? [{ what: 'shared expert', width: shared }] : []),
  ];
}

/** The window of each layer; undefined where it attends to everything. */
export function windows(fields: ConfigFields, { layers }: Pick<Basics, 'layers'>, options: AttentionOptions): (number | undefined)[] {
  const none: undefined[] = Array.from({ length: layers }, () => undefined);
  const declared = fields.optional('sliding_window') || undefined;
  const types = fields.list<string>('layer_types');
  const switchedOff = fields.value('use_sliding_window') === false;
  fields.harmless('max_window_layers', 'sliding_window_pattern', '_sliding_window_pattern', 'global_attn_every_n_layers');
  if (options.noWindow) {
    return none;
  }
  const sliding = types
    ? slidingOf(fields, types, layers)
    : declared === undefined || switchedOff ? undefined : byDefault(fields, layers, options);
  if (sliding === undefined || sliding.every(slides => !slides) || (switchedOff && !types)) {
    return none;
  }
  const mixed = sliding.some(slides => !slides);
  if (mixed && options.layerTypes === 'uniform') {
    throw fields.refuse('vLLM asserts that all layers of this architecture have the sliding window, or none; here some have it'
      + ' (max_window_layers, layer_types). Describe the model with Model.of(...) if your build of vLLM takes it.');
  }
  if (mixed && options.layerTypes === 'ignored') {
    return none;
  }
  if (declared === undefined) {
    throw fields.missing(['sliding_window']);
  }
  return sliding.map(slides => slides ? declared + (options.more ?? 0) : undefined);
}

function slidingOf(fields: ConfigFields, types: readonly string[], layers: number): boolean[] {
  const unknown = types.find(type => ![...FULL, ...SLIDING].includes(type));
  if (unknown !== undefined) {
    throw fields.refuse(`'layer_types' has ${JSON.stringify(unknown)}, which this architecture does not have in vLLM. `
      + 'Describe the model with Model.of(...).');
  }
  if (types.length < layers) {
    throw fields.refuse(`'layer_types' lists ${types.length} of ${layers} layers. Download config.json again.`);
  }
  return types.slice(0, layers).map(type => SLIDING.includes(type));
}

function byDefault(fields: ConfigFields, layers: number, { pattern, layerTypes }: AttentionOptions): boolean[] {
  const last = fields.optional('max_window_layers');
  if (fields.flag('use_sliding_window') && last !== undefined) {
    return Array.from({ length: layers }, (_, index) => index >= last);
  }
  if (layerTypes === 'uniform' || layerTypes === 'ignored') {
    return Array.from({ length: layers }, () => true);
  }
  const every = fields.optional('sliding_window_pattern', '_sliding_window_pattern', 'global_attn_every_n_layers') ?? pattern?.every;
  // without a pattern vLLM gives every layer the window
  return Array.from({ length: layers }, (_, index) =>
    every === undefined || (pattern?.full === 'first' ? index % every !== 0 : (index + 1) % every !== 0));
}
