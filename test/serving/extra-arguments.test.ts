import { Model, VllmRelease } from '../../lib';
import { VLLM_REGISTRIES, VllmRegistry } from '../../lib/catalog/vllm-registry';
import { ARGUMENT_GROUPS, ArgumentGroup } from '../../lib/serving/argument-classes';
import { checkExtraArguments, groupOf, groupsByField } from '../../lib/serving/extra-arguments';
import { ROUND_THE_PLAN } from '../refusals/cases/extra-arguments';
import { refusalOf } from './rendered';

function check(extraArgs: readonly string[], release = VllmRelease.DEFAULT): void {
  checkExtraArguments({ release, model: Model.QWEN3_8B, mountPath: '/weights' }, extraArgs);
}

/** Fields that a flag can set: the one that it is made from, or those of the class that its JSON value makes. */
function fieldsIn({ flags, configs }: VllmRegistry): string[] {
  return Object.values(flags)
    .flatMap(({ sets, config }) => config === undefined ? [sets] : ['*', ...configs[config]].map(key => `${config}.${key}`));
}

function unclassed(registry: VllmRegistry): string[] {
  return fieldsIn(registry).filter(field => groupOf(field) === undefined);
}

const ALL_FIELDS = new Set(VLLM_REGISTRIES.flatMap(fieldsIn));
const NEWEST = VLLM_REGISTRIES.at(-1)!;

test.each(VLLM_REGISTRIES)('every flag of $release, and every key of its JSON values, is in a class', (registry) => {
  expect(fieldsIn(registry).length).toBeGreaterThan(300);
  expect(unclassed(registry)).toEqual([]);
});

test('a planted flag and a planted key are in none, and are refused by name', () => {
  const flags = { ...NEWEST.flags, '--new-thing': { type: 'boolean', sets: 'CacheConfig.new_thing' } as const };
  expect(unclassed({ ...NEWEST, flags })).toEqual(['CacheConfig.new_thing']);
  expect(refusalOf(() => check(['--new-thing'], VllmRelease.of('0.99.0', { ...NEWEST, release: '0.99.0', flags })))).toBe(
    'extra argument \'--new-thing\' sets CacheConfig.new_thing, which is not classed yet: nobody has looked whether the plan still holds'
    + ' with it; leave it out');
  const json = { ...NEWEST.flags, '--new-config': { type: 'json', sets: 'VllmConfig.new_config', config: 'NewConfig' } as const };
  const configs = { ...NEWEST.configs, NewConfig: ['size'] };
  expect(unclassed({ ...NEWEST, flags: json, configs })).toEqual(['NewConfig.*', 'NewConfig.size']);
});

test('a field is in one group, and every group is about fields that some release has', () => {
  const groups = [...groupsByField()];
  expect(groups.filter(([, all]) => all.length !== 1).map(([field]) => field)).toEqual([]);
  const whole = new Set([...ALL_FIELDS].map(field => field.replace(/\..*/, '.*')));
  expect(groups.map(([field]) => field).filter(field => !ALL_FIELDS.has(field) && !whole.has(field))).toEqual([]);
});

test('a group is planned, harmless or refused, and the refused ones say what to do', () => {
  const kinds = ({ planned, harmless, refused }: ArgumentGroup) => [planned, harmless, refused].filter(part => part !== undefined);
  expect(ARGUMENT_GROUPS.filter(group => kinds(group).length !== 1)).toEqual([]);
  expect(ARGUMENT_GROUPS.filter(({ refused, instead, unless }) => refused === undefined ? unless ?? instead : !instead)).toEqual([]);
});

test('what is harmless as a whole class is no more than what is known to be', () => {
  const whole = ARGUMENT_GROUPS.filter(({ harmless }) => harmless !== undefined)
    .flatMap(({ fields }) => Object.keys(fields).filter(owner => fields[owner] === '*'));
  expect(whole).toEqual([
    'ObservabilityConfig', 'LoggingConfig', 'WatchdogConfig', 'StructuredOutputsConfig', 'ReasoningConfig', 'KernelConfig',
    'IrOpPriorityConfig', 'MambaConfig',
  ]);
});

test('two spellings of one field are refused, whichever would win', () => {
  expect(refusalOf(() => check(['--attention-backend=FLASHINFER', '--attention-config={"backend": "FLASH_ATTN"}']))).toBe(
    'extra arguments \'--attention-backend\' and \'--attention-config\' both set AttentionConfig.backend; give one of them');
});

test('every refusal is among the ones whose text is kept', () => {
  const texts = Object.values(ROUND_THE_PLAN).map(args => refusalOf(() => check(args)));
  expect(ARGUMENT_GROUPS.filter(({ refused }) => refused !== undefined && !texts.some(text => text.includes(refused)))).toEqual([]);
});

test.each([
  [['--enable-prefix-caching', '--seed=7', '--no-async-scheduling']],
  [['--chat-template', '/weights/chat.jinja', '--enable-log-requests']],
  [['--enable-auto-tool-choice', '--tool-call-parser=hermes']],
  [['--load-format=safetensors', '--safetensors-load-strategy=prefetch', '--generation-config=vllm']],
  [['--tokenizer=/weights/tokenizer', '--tool-parser-plugin=/weights/own.py']],
  [['--structured-outputs-config={"backend": "xgrammar"}', '--attention-config.backend=FLASHINFER']],
  [['--limit-mm-per-prompt={"image": 2, "video": 0}', '--max-logprobs=5', '--compilation-config.custom_ops+=all']],
  [['--trust-remote-code', '--enable-expert-parallel', '--numa-bind']],
])('%j passes', (args) => {
  expect(() => check(args)).not.toThrow();
  expect(() => VllmRelease.DEFAULT.checkArgs(['/weights', ...args])).not.toThrow();
});
