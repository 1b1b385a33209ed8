export type { CellPoint } from './cell';
export { CELL_UNITS } from './cell-units';
export type { CellUnit, CellWorkload } from './cell-units';
export * from './impossible-cell';
export * from './serving-report';
export * from './vllm-cell';
export * from './vllm-cluster';
export type { ServingReportProps } from '../report/serving-report-props';
