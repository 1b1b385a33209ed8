/** Tensor parallel sizes up to `limit` that divide the attention heads. */
export function legalTensorParallelSizes(attentionHeads: number, limit: number): number[] {
  return [1, 2, 3, 4, 5, 6, 7, 8, 16].filter(size => size <= limit && attentionHeads % size === 0);
}
