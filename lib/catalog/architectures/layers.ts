import { AttentionCache } from '../layer-cache';

/** One layer that attends. */
export type AttentionLayer = Omit<AttentionCache, 'layers'>;

/** Layers that are alike become one entry, in the order in which they come up. */
export function cachesOf(layers: readonly AttentionLayer[]): AttentionCache[] {
  const alike = new Map<string, AttentionLayer[]>();
  for (const layer of layers) {
    const { kind, kvHeads, keyDim, valueDim, window } = layer;
    const key = JSON.stringify([kind, kvHeads, keyDim, valueDim, window]);
    alike.set(key, [...alike.get(key) ?? [], layer]);
  }
  return [...alike.values()].map(([first, ...others]) => ({ ...first, layers: 1 + others.length }));
}

export function repeated<T>(count: number, value: T): T[] {
  return Array.from({ length: Math.max(0, count) }, () => value);
}
