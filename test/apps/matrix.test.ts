import { CELLS } from '../../apps/matrix';
import { Accelerator, MachineType, Model, STORAGE_IDS, VllmCell } from '../../lib';

test('every accelerator meets every storage', () => {
  const pairs = CELLS.filter(({ variant }) => variant === undefined).map(({ accelerator, storage }) => `${accelerator.id} ${storage as string}`);
  expect(pairs.sort()).toEqual(Accelerator.all().flatMap(({ id }) => STORAGE_IDS.map(storage => `${id} ${storage}`)).sort());
});

test('no two cells have one id, and each is a folder\'s name', () => {
  const ids = CELLS.map(VllmCell.idOf);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter(id => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  expect(ids).toEqual(expect.arrayContaining(['l4-gcs', 'a100-gcs', 'a100-gcs-llama33-70b', 'rtx-pro-6000-hdml']));
});

test.each([
  ['l4', Model.GEMMA_2_9B_IT, 2], ['a100', Model.GEMMA_2_9B_IT, 1], ['h100', Model.GEMMA_2_9B_IT, 1],
] as const)('%s serves the model of the guides', (accelerator, model, tensorParallelSize) => {
  const cells = CELLS.filter(cell => cell.accelerator.id === accelerator && cell.variant === undefined);
  expect(cells.map(cell => [cell.model, cell.server!.tensorParallelSize])).toEqual(Array(3).fill([model, tensorParallelSize]));
});

test('Llama 3.3 70B has the eight A100 of the guides', () => {
  const [cell] = CELLS.filter(({ variant }) => variant === 'llama33-70b');
  expect([cell.accelerator, cell.model, cell.server!.tensorParallelSize]).toEqual([Accelerator.A100, Model.LLAMA_3_3_70B_INSTRUCT, 8]);
});

test('cells say how many GPUs they take, and there is a machine for each', () => {
  for (const { accelerator, server } of CELLS) {
    const most = Math.max(...MachineType.forAccelerator(accelerator).map(({ gpus }) => gpus));
    expect(most).toBeGreaterThanOrEqual(server!.tensorParallelSize!);
  }
});
