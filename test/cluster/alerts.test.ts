import { charts, Scope } from '../../lib/serving/signals';
import { Rule, RuleGroup, RuleTest, testRules } from '../rig/promtool';
import { recorded, State } from '../rig/series/recorded';
import { GeneratedCell } from '../rig/vllm-cell';

const { states, samples } = recorded();
/** Two servers of one model in one namespace: nothing but the job tells their series apart. */
const CELL = GeneratedCell.of('l4-gcs');
const SIBLING = GeneratedCell.of('l4-hdml');
const SCRAPE_SECONDS = 15;
const HEALTHY: State = 'loaded';
/** Clients may leave: vLLM counts no answer of theirs, neither as aborted nor otherwise. */
const WELL: State[] = ['idle', HEALTHY, 'left'];

/** What each alert is about. */
const ALARMING: { readonly [alert: string]: State } = {
  VllmNoServer: 'gone', VllmQueue: 'queued', VllmKvCacheFull: 'full', VllmPreemptions: 'full', VllmSlowFirstToken: 'slow', VllmBrokenAnswers: 'broken',
};
const ALERTS = Object.entries(ALARMING);

function groupsOf(cell: GeneratedCell): RuleGroup[] {
  return cell.objects('monitoring', 'rules').flatMap(({ spec }) => spec.groups as RuleGroup[]);
}

function ruleOf(cell: GeneratedCell, alert: string): Rule {
  return groupsOf(cell).flatMap(({ rules }) => rules).find(rule => rule.alert === alert)!;
}

function jobOf(cell: GeneratedCell): string {
  return cell.objects('monitoring', 'podmonitoring')[0].metadata.name;
}

/** The series of a state as its scraper would label them. */
function scraped(cell: GeneratedCell, state: State): RuleTest['input_series'] {
  const added = `job="${jobOf(cell)}",model_name="${cell.argument('--served-model-name')}"`;
  return Object.entries(states[state]).map(([series, values]) => ({ series: series.replace('{', `{${added},`), values }));
}

function secondsOf({ for: duration }: Rule): number {
  const [, minutes] = /^(\d+)m$/.exec(duration!)!;
  return 60 * Number(minutes);
}

/** When the state begins that the alert is about: the server that ends answers eight scrapes first. */
function beginOf(state: State, scrapeSeconds = SCRAPE_SECONDS): number {
  return state === 'gone' ? 8 * scrapeSeconds : 0;
}

interface Case {
  readonly alert: string;
  readonly of?: GeneratedCell;
  readonly state: State;
  readonly sibling?: State;
  readonly atSeconds: number;
  readonly fires: boolean;
  readonly scrapeSeconds?: number;
}

function verdict({ alert, of = CELL, state, sibling, atSeconds, fires, scrapeSeconds = SCRAPE_SECONDS }: Case) {
  const { labels, annotations, expr } = ruleOf(of, alert);
  const job = expr.startsWith('absent(') ? { job: jobOf(of) } : {};
  return testRules(groupsOf(of), [{
    interval: `${scrapeSeconds}s`,
    input_series: [...scraped(of, state), ...sibling ? scraped(SIBLING, sibling) : []],
    alert_rule_test: [{
      eval_time: `${atSeconds}s`, alertname: alert,
      exp_alerts: fires ? [{ exp_labels: { ...labels, ...job }, exp_annotations: annotations! }] : [],
    }],
  }]);
}

const END = SCRAPE_SECONDS * (samples - 1);
const PASSES = expect.objectContaining({ code: 0, output: expect.stringContaining('SUCCESS') });

test('every alert of the cells has a state that it is about', () => {
  expect(groupsOf(CELL).flatMap(({ rules }) => rules).map(({ alert }) => alert).sort()).toEqual(Object.keys(ALARMING).sort());
  expect(jobOf(CELL)).not.toBe(jobOf(SIBLING));
  expect(SIBLING.argument('--served-model-name')).toBe(CELL.argument('--served-model-name'));
});

describe.each(ALERTS)('%s', (alert, state) => {
  const due = beginOf(state) + secondsOf(ruleOf(CELL, alert));

  test(`fires on a server that is ${state}`, () => {
    expect(verdict({ alert, state, atSeconds: END, fires: true })).toEqual(PASSES);
  });

  test('fires also when a sibling of the same model is well', () => {
    expect(verdict({ alert, state, sibling: HEALTHY, atSeconds: END, fires: true })).toEqual(PASSES);
  });

  test(`stays quiet when a sibling of the same model is ${state}`, () => {
    expect(verdict({ alert, state: HEALTHY, sibling: state, atSeconds: END, fires: false })).toEqual(PASSES);
  });

  test('stays quiet until the state has lasted', () => {
    expect(verdict({ alert, state, atSeconds: due - 30, fires: false })).toEqual(PASSES);
  });

  test.each(WELL)('stays quiet on a server that is %s', (healthy) => {
    expect(verdict({ alert, state: healthy, atSeconds: END, fires: false })).toEqual(PASSES);
  });
});

describe('the alerts that wait for a start', () => {
  const slowest = GeneratedCell.all().reduce((a, b) => secondsOf(ruleOf(a, 'VllmQueue')) >= secondsOf(ruleOf(b, 'VllmQueue')) ? a : b);
  const scrapeSeconds = 60;

  test('there is a cell that starts more slowly', () => {
    expect(secondsOf(ruleOf(slowest, 'VllmQueue'))).toBeGreaterThan(secondsOf(ruleOf(CELL, 'VllmQueue')));
    expect(secondsOf(ruleOf(slowest, 'VllmQueue'))).toBeLessThan(scrapeSeconds * (samples - 10));
  });

  test.each<[string, State]>([['VllmNoServer', 'gone'], ['VllmQueue', 'queued']])('%s of it waits for its start and five minutes, and no longer', (alert, state) => {
    const due = beginOf(state, scrapeSeconds) + secondsOf(ruleOf(slowest, alert));
    const at = (atSeconds: number, fires: boolean) => verdict({ alert, of: slowest, state, atSeconds, fires, scrapeSeconds });
    expect(at(due - 60, false)).toEqual(PASSES);
    expect(at(due + 60, true)).toEqual(PASSES);
  });
});

test.each<[string, Partial<Case>]>([
  ['an alert that is expected and does not come', { fires: true, state: HEALTHY }],
  ['one that comes and is not expected', { fires: false, state: 'queued' }],
])('promtool says so of %s', (_, planted) => {
  expect(verdict({ alert: 'VllmQueue', state: 'queued', atSeconds: END, fires: true, ...planted }))
    .toMatchObject({ code: 1, output: expect.stringContaining('FAILED') });
});

test('a rule that told servers apart by their model alone is found: it fires on the sibling\'s queue', () => {
  const model = CELL.argument('--served-model-name');
  const slipped = groupsOf(CELL).map(group => ({
    ...group, rules: group.rules.map(rule => ({ ...rule, expr: rule.expr.replace(/job="[^"]*"/g, `model_name="${model}"`) })),
  }));
  const { output } = testRules(slipped, [{
    interval: `${SCRAPE_SECONDS}s`, input_series: [...scraped(CELL, HEALTHY), ...scraped(SIBLING, 'queued')],
    alert_rule_test: [{ eval_time: `${END}s`, alertname: 'VllmQueue', exp_alerts: [] }],
  }]);
  expect(output).toContain('FAILED');
});

describe('every chart has a line on a server that is loaded', () => {
  const drawn = charts().flatMap(({ metrics, title, lines }) => metrics.length === 0 ? [] : lines.map(({ name, value }) => [title, name ?? 'value', value] as const));

  test.each(drawn)('%s: %s', (_, __, value) => {
    const expr = `count(${value(Scope.CHOSEN).replace(/\$\w+/g, '.*')}) > bool 0`;
    expect(testRules([], [{
      interval: `${SCRAPE_SECONDS}s`, input_series: scraped(CELL, HEALTHY),
      promql_expr_test: [{ expr, eval_time: `${END}s`, exp_samples: [{ labels: '{}', value: 1 }] }],
    }])).toEqual(PASSES);
  });
});
