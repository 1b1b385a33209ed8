import { Accelerator, Measurement, MemoryPlan, Model, Refusal, ThroughputPlan } from '../../lib';
import { throughputChart } from '../../lib/report/throughput-chart';
import { ReportLoad, ThroughputCurve, ThroughputCurves } from '../../lib/report/throughput-curve';
import { throughputFigure } from '../../lib/report/throughput-section';

const LOAD: ReportLoad = {
  inputTokens: 1024, outputTokens: 256, timeToFirstTokenSeconds: 2, interTokenLatencySeconds: 0.1, measurements: [],
};
const memory = (props: Partial<Parameters<typeof MemoryPlan.of>[0]> = {}) =>
  MemoryPlan.of({ model: Model.GEMMA_2_9B_IT, accelerator: Accelerator.L4, tensorParallelSize: 2, ...props });
const curveOf = (load: Partial<ReportLoad> = {}, plan = memory()) => new ThroughputCurves({ ...LOAD, ...load }).of(plan) as ThroughputCurve;

test('points are those of the throughput plan, and the goals decide which are kept', () => {
  const { points, kept } = curveOf();
  expect(points.map(({ clients }) => clients)).toEqual([1, 8, 16, 32, 64]);
  const { outputTokensPerSecond } = ThroughputPlan.of({ memory: memory(), inputTokens: 1024, outputTokens: 256, clients: 8 });
  expect(points[1].plan.outputTokensPerSecond).toBe(outputTokensPerSecond);
  expect(kept).toBe(points[3]);
  expect(points[4].misses).toEqual([expect.stringMatching(/^first token after \d+ s$/)]);
  expect(curveOf({ timeToFirstTokenSeconds: 1e6 }).kept!.clients).toBe(64);
  expect(curveOf({ interTokenLatencySeconds: 0.001 }).kept).toBeUndefined();
});

test('what is said to keep the goals is at least half of what does', () => {
  const { points, kept } = curveOf({ timeToFirstTokenSeconds: 0.5 });
  const missed = points[points.indexOf(kept!) + 1];
  expect([kept!.misses.length, missed.misses.length > 0, missed.clients]).toEqual([0, true, 2 * kept!.clients]);
});

test('more clients than run at once are planned for once', () => {
  expect(curveOf({}, memory({ maxNumSeqs: 4 })).points.map(({ clients }) => clients)).toEqual([1, 2, 4, 8]);
});

test('servers that are planned alike have one curve, others their own', () => {
  const curves = new ThroughputCurves(LOAD);
  expect(curves.of(memory())).toBe(curves.of(memory()));
  expect(curves.of(memory())).not.toBe(curves.of(memory({ maxNumSeqs: 16 })));
  expect(curves.of(memory())).not.toBe(curves.of(memory({ model: Model.QWEN3_8B })));
});

test('a plan that is refused is the reason in the place of the curve', () => {
  const short = curveOf({}, memory({ maxModelLen: 512 })) as unknown;
  expect(short).toBeInstanceOf(Refusal);
  expect(throughputFigure(short as Refusal).text).toContain('<p class=refused>No throughput: ThroughputPlan: &#39;inputTokens&#39; (1024)');
});

test('a measured point is a square among circles, and its figures stand in the table', () => {
  const measured = Measurement.of({
    memory: memory(), source: 'summary.json', inputTokens: 1024, outputTokens: 256, clients: 16, outputTokensPerSecond: 222.4,
    timeToFirstTokenSeconds: { median: 0.5 }, interTokenLatencySeconds: { median: 0.05 },
  });
  const curve = curveOf({ measurements: [measured] });
  expect(curve.points.map(({ clients, plan }) => `${clients} ${plan.basis}`)).toEqual(['1 estimate', '8 estimate', '16 measured', '32 estimate', '64 estimate']);
  const { text } = throughputFigure(curve);
  expect(text).toContain('<th scope=row>16<td>222 measured<td>500 ms<td>50 ms');
  expect(text).toContain('Partly measured');
  expect(text.match(/class="?measured/g)).toHaveLength(1);
  expect(text.match(/<circle class=estimate/g)).toHaveLength(4);
  expect(curveOf({ measurements: [measured] }, memory({ maxNumSeqs: 16 })).points.map(({ plan }) => plan.basis)).not.toContain('measured');
});

test('what misses a goal lies in the shaded part, and nothing is drawn beside the picture', () => {
  const numbers = (text: string) => [...text.matchAll(/(?:cx|x)=(\d+)/g)].map(match => Number(match[1]));
  const curve = curveOf();
  const { text } = throughputChart(curve);
  const [, width] = /viewBox="0 0 (\d+) \d+"/.exec(text)!;
  const shade = Number(/class=late d="M(\d+)/.exec(text)![1]);
  const marks = [...text.matchAll(/cx=(\d+)/g)].map(match => Number(match[1]));
  expect(marks.map(x => x > shade)).toEqual(curve.points.map(({ misses }) => misses.length > 0));
  expect(Math.max(...numbers(text))).toBeLessThan(Number(width));
  expect(throughputChart(curveOf({ timeToFirstTokenSeconds: 1e6 })).text).not.toContain('class=late');
  expect(throughputChart(curveOf({ interTokenLatencySeconds: 0.001 })).text).toContain('class=late');
});
