import { Geometry } from './geometry';
import { Tensor } from '../checkpoint';
import { LayerCache } from '../layer-cache';
import { Refusal } from '../../common/refusal';

/** Layers of a tower have names of the same form. */
const TOWER = /vision|visual|audio|tower|image|speech|encoder|vit\.|conformer|perceiver|resampler|qformer|projector/i;
const LAYER = /(?:^|\.)(?:layers|h|blocks|block|layer)\.(\d+)\./;
/** Packed weights have other shapes than the layer. */
const PACKED = ['U8', 'I8', 'I32', 'I64'];

/** What the headers say of one layer. */
interface LayerShapes {
  keys?: number;
  values?: number;
  latent?: number;
  indexer?: boolean;
  /** Values of a convolution's state: all but one of its taps, over its channels. */
  convolution?: number;
  decay?: boolean;
}

/**
 * Compares what an architecture's class makes of `config.json` with the shapes of the tensors beside it.
 *
 * @param where - names the checkpoint in errors
 * @throws when the tensors are those of another model
 */
export function checkTensors(where: string, geometry: Geometry, tensors: readonly Tensor[]): void {
  const layers = shapesByLayer(tensors);
  if (geometry.caches.some(cache => cache.kind === 'cross')) {
    return;
  }
  const refuse = (found: string, expected: string): never => {
    throw new Refusal(`${where}: ${found}, and config.json makes ${expected}. `
      + 'The configuration is that of another model, or a field of it is not read as it was meant: download both again, or use Model.of(...).');
  };
  const shapes = [...layers.values()];
  const beyond = Math.max(-1, ...layers.keys());
  if (beyond >= geometry.layers) {
    refuse(`the tensors have a layer ${beyond}`, `${geometry.layers} layers`);
  }
  checkAttention(geometry, shapes, refuse);
  checkLatent(geometry, shapes, refuse);
  checkStates(geometry, shapes, refuse);
}

type Refuse = (found: string, expected: string) => never;

function checkAttention({ caches }: Geometry, shapes: readonly LayerShapes[], refuse: Refuse): void {
  const attending = caches.filter(cache => 'kvHeads' in cache);
  const checked = [
    { of: 'keys', rows: (shape: LayerShapes) => shape.keys, width: (cache: typeof attending[number]) => cache.kvHeads * cache.keyDim },
    { of: 'values', rows: (shape: LayerShapes) => shape.values, width: (cache: typeof attending[number]) => cache.kvHeads * cache.valueDim },
  ];
  for (const { of, rows, width } of checked) {
    for (const wide of new Set(shapes.map(rows).filter(found => found !== undefined))) {
      const found = shapes.filter(shape => rows(shape) === wide).length;
      const expected = attending.filter(cache => width(cache) === wide).reduce((sum, cache) => sum + cache.layers, 0);
      if (found > expected) {
        refuse(`${found} layers project ${wide} columns of ${of}`, expected === 0
          ? `none so wide (${describe(caches)})`
          : `${expected} of them (${describe(caches)})`);
      }
    }
  }
}

function checkLatent({ caches, latentProjection }: Geometry, shapes: readonly LayerShapes[], refuse: Refuse): void {
  const wide = shapes.map(shape => shape.latent).find(latent => latent !== undefined && latent !== latentProjection);
  if (wide !== undefined) {
    refuse(`kv_a_proj compresses keys and values to ${wide} columns`, latentProjection === undefined
      ? `no latent attention (${describe(caches)})`
      : `${latentProjection} of them`);
  }
  const indexers = shapes.filter(shape => shape.indexer).length;
  const expected = caches.reduce((sum, cache) => sum + (cache.kind === 'indexer' ? cache.layers : 0), 0);
  if (indexers > expected) {
    refuse(`${indexers} layers have an indexer`, `${expected} that cache one`);
  }
}

function checkStates({ caches }: Geometry, shapes: readonly LayerShapes[], refuse: Refuse): void {
  const recurrent = caches.filter(cache => cache.kind === 'recurrent');
  const expected = recurrent.reduce((sum, cache) => sum + cache.layers, 0);
  const found = shapes.filter(shape => shape.decay || shape.convolution !== undefined).length;
  if (found > expected) {
    refuse(`${found} layers have a decay (A_log) or a convolution, which keep a state`, `${expected} layers with a state (${describe(caches)})`);
  }
  const [first] = recurrent.map(({ state }) => state[0]);
  const kept = first && first.values + (first.groups ? first.groups.count * first.groups.values : 0);
  const other = shapes.map(shape => shape.convolution).find(convolution => convolution !== undefined && convolution !== kept);
  if (other !== undefined) {
    refuse(`a convolution keeps ${other} values`, `a state of ${kept}`);
  }
}

function shapesByLayer(tensors: readonly Tensor[]): Map<number, LayerShapes> {
  const layers = new Map<number, LayerShapes>();
  for (const tensor of tensors) {
    const index = TOWER.test(tensor.name) ? undefined : LAYER.exec(tensor.name)?.[1];
    if (index !== undefined) {
      const shapes = layers.get(Number(index)) ?? {};
      layers.set(Number(index), shapes);
      note(shapes, tensor);
    }
  }
  return layers;
}

function note(shapes: LayerShapes, { name, shape, dtype }: Tensor): void {
  if (/\.A_log$|\.A$/.test(name)) {
    shapes.decay = true;
  }
  if (/indexer\.(wk|wk_weights_proj)\.weight$/.test(name)) {
    shapes.indexer = true;
  }
  if (PACKED.includes(dtype) || shape.length < 2) {
    return;
  }
  if (/(self_attn|attn|attention)\.k_proj\.weight$/.test(name)) {
    shapes.keys = shape[0];
  } else if (/(self_attn|attn|attention)\.v_proj\.weight$/.test(name)) {
    shapes.values = shape[0];
  } else if (/kv_a_proj(_with_mqa)?\.weight$/.test(name)) {
    shapes.latent = shape[0];
  } else if (/conv1d\.weight$|\.conv\.conv\.weight$/.test(name)) {
    shapes.convolution = (shapes.convolution ?? 0) + shape[0] * (shape.at(-1)! - 1);
  }
}

/** `8 full of 8 x 128, 24 recurrent`. */
function describe(caches: readonly LayerCache[]): string {
  return caches.map(cache => `${cache.layers} ${cache.kind}${'kvHeads' in cache ? ` of ${cache.kvHeads} x ${cache.keyDim}` : ''}`).join(', ');
}
