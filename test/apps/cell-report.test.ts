import { LINE_HEADER, lineOf, reportOf } from '../../apps/cell-report';
import { ImpossibleCell } from '../../apps/cell-storage';
import { Cell } from '../../apps/matrix';
import { Accelerator, MachineType, Model, WeightsStorage } from '../../lib';
import { emptyLeaves, server, unit } from '../serving/rendered';

const CELL: Cell = { accelerator: Accelerator.H100, storage: 'gcs', model: Model.QWEN3_8B, server: { maxModelLen: 8192 } };
const IMPOSSIBLE = new ImpossibleCell(CELL, 'no machine attaches it');

test('a cell that can be: all its plans', () => {
  expect(reportOf({ cell: CELL, server: server(unit()) })).toMatchSnapshot();
});

test('its parts are those of the plan', () => {
  const made = server(unit());
  const report = reportOf({ cell: CELL, server: made }) as { [part: string]: { [name: string]: unknown } };
  const { memory, startup, placement } = made.plan;
  expect(report.memory.perGpu).toEqual(memory.perGpu);
  expect(report.startup.readySeconds).toBe(startup.readySeconds);
  expect(report.placement.machineType).toBe(placement.machineType.name);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('a cell that cannot be: why', () => {
  expect(reportOf(IMPOSSIBLE)).toEqual({
    id: 'h100-gcs', model: 'Qwen/Qwen3-8B', accelerator: 'h100', storage: 'gcs', possible: false, reason: 'no machine attaches it',
  });
});

test('what is not known is null, not missing', () => {
  const disk = WeightsStorage.persistentDisk({ zone: 'us-central1-a' });
  expect(emptyLeaves(reportOf({ cell: CELL, server: server(unit(), {}, disk) }))).toEqual(['/placement/cacheMedium']);
  const unpriced = MachineType.of({ ...MachineType.fromName('a3-highgpu-1g'), hourlyPriceUsd: undefined, priceDate: undefined });
  expect(emptyLeaves(reportOf({ cell: CELL, server: server(unit(), { machineType: unpriced }) }))).toEqual([
    '/placement/strandedHourlyUsd', '/placement/nodeHourlyUsd', '/placement/priceDate',
  ]);
});

test('the lines stand below their header', () => {
  const line = lineOf({ cell: CELL, server: server(unit()) });
  for (const [column, value] of [['model', 'Qwen/Qwen3-8B'], ['GPUs of a server', '1 x h100'], ['servers on a node', '1 on a3-highgpu-1g']]) {
    expect(line.indexOf(value)).toBe(LINE_HEADER.indexOf(column));
  }
  expect(line.length).toBe(LINE_HEADER.length);
  expect(lineOf(IMPOSSIBLE)).toBe('h100-gcs                 impossible: no machine attaches it');
});
