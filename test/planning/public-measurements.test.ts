import { Accelerator, Model, ModelProps } from '../../lib/catalog';
import { PUBLIC_MEASUREMENTS, PublicMeasurement } from '../../lib/catalog/public-measurements';
import { MemoryPlan, ThroughputPlan } from '../../lib/planning';
import { PUBLIC_SPREADS } from '../../lib/planning/throughput-range';

// https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct/blob/main/config.json; the weights follow from it
const SHAPE = { layers: 24, hiddenSize: 896, intermediateSize: 4864, vocabSize: 151936, kvHeads: 2, headDim: 64 };
const KV_WIDTH = SHAPE.kvHeads * SHAPE.headDim;
const LINEAR = 2 * SHAPE.hiddenSize * (SHAPE.hiddenSize + KV_WIDTH) + 3 * SHAPE.hiddenSize * SHAPE.intermediateSize;
const OTHER = SHAPE.hiddenSize + 2 * KV_WIDTH + 2 * SHAPE.hiddenSize;
const QWEN2_5_0_5B: ModelProps = {
  ...SHAPE, id: 'Qwen/Qwen2.5-0.5B-Instruct', architecture: 'Qwen2ForCausalLM', attentionHeads: 14, maxModelLen: 32768, dtype: 'bfloat16',
  tieWordEmbeddings: true, linearWeightBytes: 2 * SHAPE.layers * LINEAR,
  weightsBytes: 2 * (SHAPE.vocabSize * SHAPE.hiddenSize + SHAPE.layers * (LINEAR + OTHER) + SHAPE.hiddenSize),
};
const MODELS = [...Model.all(), Model.of(QWEN2_5_0_5B)];

function planOf({ accelerator, model, gpus, maxModelLen, inputTokens, outputTokens, clients }: PublicMeasurement): ThroughputPlan {
  const memory = MemoryPlan.of({
    model: MODELS.find(({ id }) => id === model)!, accelerator: Accelerator.all().find(({ id }) => id === accelerator)!,
    tensorParallelSize: gpus, maxModelLen: maxModelLen ?? 'auto',
  });
  return ThroughputPlan.of({ memory, inputTokens, outputTokens, clients });
}

const compared = PUBLIC_MEASUREMENTS.map(row => ({ row, plan: planOf(row) }));
const ratios = (accelerator: string) => compared.filter(({ row }) => row.accelerator === accelerator)
  .map(({ row, plan }) => plan.outputTokensPerSecond / row.outputTokensPerSecond);

test('predicted beside published, every row', () => {
  process.stdout.write(`${compared.map(({ row, plan }) => [
    row.accelerator.padEnd(10), `${row.gpus} x`, row.model.padEnd(28), `${row.inputTokens}/${row.outputTokens} x ${row.clients}`.padEnd(16),
    `predicted ${plan.outputTokensPerSecond.toFixed(0).padStart(6)}  published ${row.outputTokensPerSecond.toFixed(0).padStart(6)}`,
    (plan.outputTokensPerSecond / row.outputTokensPerSecond).toFixed(2),
  ].join('  ')).join('\n')}\n`);
  expect(compared.length).toBeGreaterThanOrEqual(12);
  expect([...new Set(PUBLIC_MEASUREMENTS.map(({ accelerator }) => accelerator))]).toEqual(['l4', 'a100-80gb', 'h100', 'b200']);
});

test('the spread that a plan states is that of the rows', () => {
  const spreads = [...new Set(PUBLIC_MEASUREMENTS.map(({ accelerator }) => accelerator))]
    .map(accelerator => [accelerator, [Math.min, Math.max].map(end => Math.round(10 * end(...ratios(accelerator))) / 10)]);
  expect(PUBLIC_SPREADS).toEqual(Object.fromEntries(spreads));
});

test('none is presented as measured', () => {
  expect(compared.filter(({ plan }) => plan.basis !== 'estimate').map(({ row }) => row.source)).toEqual([]);
  expect(compared.filter(({ plan, row }) => !plan.notes.some(note => note.includes(`${ratios(row.accelerator).length} public`))).map(({ row }) => row))
    .toEqual([]);
});

test('each has its source and its day', () => {
  PUBLIC_MEASUREMENTS.forEach(({ source, date }) => {
    expect(source).toMatch(/^https:\/\/\S+$/);
    expect(date).toMatch(/^202\d-\d\d-\d\d$/);
  });
});
