export type { CellPoint } from './cell';
export { CELL_UNITS } from './cell-units';
export type { CellUnit, CellWorkload } from './cell-units';
export * from './impossible-cell';
export * from './vllm-cell';
export * from './vllm-cluster';
