import { Duration } from 'cdk8s';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocustLoadTest, LocustLoadTestProps, TokenLengths } from '../../../lib';
import { Contract, ProgramArgument } from '../../../lib/pods';
import contract from '../../../lib/workloads/load-test/contract.json';
import { objectsOf, refusalOf, server, unit } from '../../serving/rendered';

type Given = Partial<Omit<LocustLoadTestProps, 'server'>>;
type Settings = { readonly [name: string]: unknown };

/** As the programs read them, by the names of the contract. */
function settings(props: Given = {}): Settings {
  const scope = unit();
  const { name } = new LocustLoadTest(scope, 'load-test', { server: server(scope), ...props });
  const { data } = objectsOf(scope).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `${name}-settings`)!;
  return flat(JSON.parse(data['settings.json']) as Settings);
}

function flat(values: Settings, prefix = ''): Settings {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => typeof value === 'object' && value !== null
    ? Object.entries(flat(value as Settings, `${prefix}${name}.`)) : [[`${prefix}${name}`, value]]));
}

const RULES: { readonly [setting: string]: ProgramArgument } = contract.settings;
const length = (prop: 'promptTokens' | 'outputTokens', lengths: Partial<TokenLengths>): Given => ({ [prop]: { mean: 3, ...lengths } });
const threshold = (name: string) => (value: number): Given => ({ thresholds: { [name]: value } });

/** What a number of the settings is asked for with. */
const PROPS: { readonly [setting: string]: (value: number) => Given } = {
  users: users => ({ users, workers: users >= 20 ? 20 : undefined }),
  requestsPerSecond: requestsPerSecond => ({ requestsPerSecond }),
  workers: workers => ({ workers, users: 100 }),
  spawnRate: spawnRate => ({ spawnRate }),
  runSeconds: seconds => ({ runTime: Duration.millis(1000 * seconds) }),
  seed: seed => ({ seed }),
  ...Object.fromEntries((['promptTokens', 'outputTokens'] as const).flatMap(prop => [
    [`${prop}.mean`, (mean: number) => length(prop, { mean, max: 5 })],
    [`${prop}.sigma`, (sigma: number) => length(prop, { sigma })],
    [`${prop}.min`, (min: number) => length(prop, { min })],
    [`${prop}.max`, (max: number) => length(prop, { mean: 1, max })],
  ])),
  ...Object.fromEntries(Object.keys(RULES).filter(name => name.startsWith('thresholds.'))
    .map(name => [name, threshold(name.replace('thresholds.', ''))])),
};

const NUMBERS = Object.entries(RULES).filter(([, { type }]) => type === 'integer' || type === 'number');
const NO_PROP = /TimeoutSeconds$|^drainSeconds$|WithinSeconds$|^contextTokens$|^pageSeconds$/;

test('without any wish the settings are the defaults of the contract, and nothing that it does not name', () => {
  const made = settings();
  const defaults = Object.entries(RULES).filter(([, rule]) => rule.default !== undefined).map(([name, rule]) => [name, rule.default]);
  expect(made).toMatchObject(Object.fromEntries(defaults));
  expect(Object.keys({ ...made, ...settings({ requestsPerSecond: 1 }) }).filter(name => !Object.hasOwn(RULES, name))).toEqual([]);
  const required = Object.entries(RULES).filter(([, rule]) => rule.required).map(([name]) => name);
  expect(Object.keys(made)).toEqual(expect.arrayContaining(required));
});

test('every number of the contract is asked for by a prop, or is nobody\'s to ask for', () => {
  expect(NUMBERS.map(([name]) => name).filter(name => !Object.hasOwn(PROPS, name) && !NO_PROP.test(name))).toEqual([]);
});

test.each(NUMBERS.filter(([name]) => Object.hasOwn(PROPS, name)))('%s: the props\' bounds are the contract\'s', (name, rule) => {
  const { least, most, above, type } = rule;
  const step = type === 'integer' ? 1 : 1e-6;
  const right = [least, most, above === undefined ? undefined : above + 1e-3].filter(value => value !== undefined);
  for (const value of right.filter(value => !name.endsWith('.mean') || value >= 1)) {
    expect(settings(PROPS[name](value))).toMatchObject({ [name]: value });
  }
  const wrong = [least === undefined ? undefined : least - step, most === undefined ? undefined : most + step, above, NaN];
  for (const value of wrong.filter(value => value !== undefined)) {
    const shown = name === 'runSeconds' ? 'runTime in seconds' : name;
    expect(refusalOf(() => settings(PROPS[name](value)))).toContain(`'${shown}' (${value}) must be a`);
  }
});

test('the documentation of each prop says its bounds and its default', () => {
  const source = readFileSync(join(__dirname, '../../../lib/workloads/load-test/locust-load-test-props.ts'), 'utf8');
  const docs = new Map([...source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s*readonly (\w+)/g)].map(([, doc, prop]) => [prop, doc]));
  // A mean and a maximum by default are those of the whole, the time of a test is said in words.
  const propOf = (name: string) => /Tokens\.(mean|max)$/.test(name) ? name.split('.')[0] : name.split('.').at(-1)!;
  const missing = NUMBERS.filter(([name]) => Object.hasOwn(PROPS, name) && name !== 'runSeconds').flatMap(([name, rule]) => {
    const said = (docs.get(propOf(name))!.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
    const wanted = /Tokens\.max$/.test(name) ? [rule.default] : [rule.least, rule.most, rule.default];
    return wanted.filter(value => typeof value === 'number' && value < 1e6 && !said.includes(value)).map(value => `${name}: ${value}`);
  });
  expect(missing).toEqual([]);
});

test('commands and exits are those that the Jobs know', () => {
  const scope = unit();
  new LocustLoadTest(scope, 'load-test', { server: server(scope) });
  const jobs = objectsOf(scope).filter(({ kind }) => kind === 'Job').map(({ spec }) => spec);
  expect(jobs.map(({ template }) => template.spec.containers[0].args[0])).toEqual(Object.keys(contract.commands));
  expect(jobs.map(({ podFailurePolicy }) => podFailurePolicy?.rules[0].onExitCodes.values)).toEqual([undefined, [64, 70, 78]]);
  expect(new Contract(contract).finalExitCodes).toEqual([64, 70, 78]);
});
