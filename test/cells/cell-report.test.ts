import { Accelerator, ImpossibleCell, MachineType, Model, VllmCell, VllmServerProps, WeightsStorage } from '../../lib';
import { lineOf, LINE_HEADER, reportOf } from '../../lib/cells/cell-report';
import { CellPoint } from '../../lib/cells/cell';
import { emptyLeaves, server, unit } from '../serving/rendered';

const POINT: CellPoint = { accelerator: Accelerator.H100, storage: 'gcs', model: Model.QWEN3_8B };
const IMPOSSIBLE = new ImpossibleCell(POINT, 'no machine attaches it');
const made = (props: Partial<VllmServerProps> = {}) => server(unit(), props);

test('a cell that can be: all its plans', () => {
  expect(reportOf(POINT, made())).toMatchSnapshot();
});

test('its parts are those of the plan', () => {
  const one = made();
  const report = reportOf(POINT, one) as { [part: string]: { [name: string]: unknown } };
  const { memory, startup, placement } = one.plan;
  expect(report.memory.perGpu).toEqual(memory.perGpu);
  expect(report.startup.readySeconds).toBe(startup.readySeconds);
  expect(report.placement.machineType).toBe(placement.machineType.name);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('what was chosen for a goal is said, with what it gains', () => {
  const report = reportOf(POINT, made({ optimizeFor: 'latency', tensorParallelSize: 2, clients: 128, inputTokens: 128, outputTokens: 512 }));
  const chosen = (report as { arguments: { [name: string]: unknown } }).arguments;
  expect(chosen).toMatchObject({ apiServerCount: expect.any(Number), boundBy: expect.any(String), largestBatch: expect.any(Number) });
  expect(chosen.sentence).toMatch(/x the tokens of the release's own defaults/);
  expect(chosen.replicas).toMatch(/2 replicas/);
  expect(reportOf(POINT, made())).not.toHaveProperty('arguments');
});

test('a cell that cannot be: why', () => {
  expect(IMPOSSIBLE.report()).toEqual({
    id: 'h100-gcs', model: 'Qwen/Qwen3-8B', accelerator: 'h100', storage: 'gcs', possible: false, reason: 'no machine attaches it',
  });
  expect(IMPOSSIBLE.id).toBe('h100-gcs');
});

test('what is not known is null, not missing', () => {
  const disk = WeightsStorage.persistentDisk({ zone: 'us-central1-a' });
  expect(emptyLeaves(reportOf(POINT, server(unit(), {}, disk)))).toEqual(['/placement/reservation', '/placement/cacheMedium']);
  const unpriced = MachineType.of({ ...MachineType.fromName('a3-highgpu-1g'), hourlyPriceUsd: undefined, priceDate: undefined });
  expect(emptyLeaves(reportOf(POINT, made({ machineType: unpriced })))).toEqual([
    '/placement/strandedHourlyUsd', '/placement/reservation', '/placement/nodeHourlyUsd', '/placement/priceDate',
  ]);
});

test('the lines stand below their header', () => {
  const line = lineOf(POINT, made());
  for (const [column, value] of [['model', 'Qwen/Qwen3-8B'], ['GPUs of a server', '1 x h100'], ['servers on a node', '1 on a3-highgpu-1g']]) {
    expect(line.indexOf(value)).toBe(VllmCell.LINE_HEADER.indexOf(column));
  }
  expect(line.length).toBe(LINE_HEADER.length);
  expect(IMPOSSIBLE.line()).toBe('h100-gcs                 impossible: no machine attaches it');
});
