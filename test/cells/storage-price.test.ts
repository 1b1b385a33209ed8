import { Model, WeightsStorage } from '../../lib';
import { HOURS_PER_MONTH, storageMonthlyUsd } from '../../lib/cells/storage-price';
import { reportedServer } from '../../lib/cells/reported-server';
import { GIB } from '../../lib/common/bytes';
import { server, unit } from '../serving/rendered';

const zone = 'us-central1-a';
const on = (storage = WeightsStorage.gcsFuse({ bucket: 'my-models' })) => server(unit(), {}, storage);

test('a bucket is paid for the weights, a disk for its size', () => {
  const bucket = on();
  expect(storageMonthlyUsd(bucket)).toBeCloseTo(0.02 * bucket.plan.memory.model.weightsBytes / GIB, 10);
  // 500 GiB, which is what makes the disk fast
  expect(storageMonthlyUsd(on(WeightsStorage.persistentDisk({ zone })))).toBeCloseTo(85, 10);
  expect(storageMonthlyUsd(on(WeightsStorage.persistentDisk({ zone, diskType: 'pd-balanced' })))).toBeCloseTo(50, 10);
});

test('what no price is known of has none', () => {
  expect(storageMonthlyUsd(on(WeightsStorage.hyperdiskMl({ zones: [zone] })))).toBeUndefined();
  const own = { ...WeightsStorage.gcsFuse({ bucket: 'my-models' }), bucket: undefined };
  expect(storageMonthlyUsd({ storage: own as never, plan: { memory: { model: Model.QWEN3_8B } } as never })).toBeUndefined();
});

test('a server\'s hour has it', () => {
  const disk = on(WeightsStorage.persistentDisk({ zone }));
  const { storageHourlyUsd } = reportedServer(disk, { id: 'disk', workloads: [disk], units: [] });
  expect(storageHourlyUsd).toBeCloseTo(85 / HOURS_PER_MONTH, 10);
});
