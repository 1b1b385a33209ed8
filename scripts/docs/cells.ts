import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, table } from './markdown';

const REPORT = join(__dirname, '../../dist/report/cells.json');

interface ReportedCell {
  readonly id: string;
  readonly model: string;
  readonly accelerator: string;
  readonly possible: boolean;
  readonly reason?: string;
  readonly memory?: { readonly maxModelLen: number; readonly kvCacheTokens: number };
  readonly placement?: {
    readonly machineType: string; readonly gpusPerNode: number; readonly serversPerNode: number; readonly nodeHourlyUsd: number | null;
    readonly priceDate: string | null;
  };
  readonly startup?: { readonly readySeconds: number };
}

function cells(): ReportedCell[] {
  return JSON.parse(readFileSync(REPORT, 'utf8')) as ReportedCell[];
}

/** The cells that there are under the default settings. */
export function cellTable(): string {
  const head = ['cell', 'model', 'servers on a node', 'longest request, tokens', 'KV cache, tokens', 'start', 'node, $ an hour'];
  return table(head, cells().filter(({ possible }) => possible).map(({ id, model, memory, placement, startup }) => [
    code(id), model, `${placement!.serversPerNode} on ${placement!.machineType}`, `${memory!.maxModelLen}`, `${memory!.kvCacheTokens}`,
    `${Math.ceil(startup!.readySeconds / 60)} min`, placement!.nodeHourlyUsd?.toFixed(2) ?? 'not known',
  ]));
}

/** The cells that cannot be, with their reasons. */
export function impossibleCellTable(): string {
  return table(['cell', 'why it cannot be'], cells().filter(({ possible }) => !possible).map(({ id, reason }) => [code(id), reason!]));
}
