import { Model, VllmRelease } from '../catalog';
import { VllmSetting, WHOLE } from '../catalog/vllm-arguments';
import { isCommit } from '../common/names';
import { Refusal } from '../common/refusal';
import { ARGUMENT_GROUPS, ArgumentGroup } from './argument-classes';

/** Loads code from the model's repository. */
const RUNS_MODEL_CODE = 'ModelConfig.trust_remote_code';

/** What the extra arguments of a server are about. */
interface ExtraArguments {
  readonly release: VllmRelease;
  readonly model: Model;
  /** Where the pod has the weights. */
  readonly mountPath: string;
}

/** Every field that a group names, with the groups that do. */
export function groupsByField(): Map<string, ArgumentGroup[]> {
  const found = new Map<string, ArgumentGroup[]>();
  for (const group of ARGUMENT_GROUPS) {
    for (const [owner, names] of Object.entries(group.fields)) {
      names.split(' ').forEach(name => found.set(`${owner}.${name}`, [...found.get(`${owner}.${name}`) ?? [], group]));
    }
  }
  return found;
}

const GROUPS = groupsByField();

/** The group of a field: the one that names it, else the one that has the rest of its class. */
export function groupOf(field: string): ArgumentGroup | undefined {
  return (GROUPS.get(field) ?? GROUPS.get(`${field.split('.')[0]}.${WHOLE}`))?.[0];
}

/**
 * Refuses extra arguments that go round the plan, by what they do and not by how they are spelled.
 *
 * @throws on what a prop decides, on what the plan does not count, and on what nobody has classed yet
 */
export function checkExtraArguments({ release, model, mountPath }: ExtraArguments, extraArgs: readonly string[]): void {
  const settings = release.settings([mountPath, ...extraArgs]);
  const fields = new Set(settings.map(({ field }) => field));
  for (const setting of settings) {
    const other = settings.find(({ field, argument }) => field === setting.field && argument !== setting.argument);
    if (other) {
      throw new Refusal(`extra arguments '${setting.argument}' and '${other.argument}' both set ${setting.field}; give one of them`);
    }
    checkSetting(setting, fields);
    if (setting.field === RUNS_MODEL_CODE) {
      checkModelCode(model);
    }
  }
}

function checkSetting(setting: VllmSetting, fields: ReadonlySet<string>): void {
  const { argument, key, field, values } = setting;
  const group = groupOf(field);
  if (group?.harmless !== undefined || group?.unless?.({ values, fields })) {
    return;
  }
  if (group?.planned) {
    const { prop } = group.planned;
    throw new Refusal(`extra argument '${[argument, ...values].join('=')}' repeats what is planned;`
      + ` ${prop ? `set the prop ${prop} instead` : 'leave it out'}`);
  }
  const name = key === undefined ? `extra argument '${argument}'` : `'${key}' of extra argument '${argument}'`;
  throw new Refusal(group
    ? `${name} ${group.refused}; ${group.instead}`
    : `${name} sets ${field}, which is not classed yet: nobody has looked whether the plan still holds with it; leave it out`);
}

function checkModelCode({ id, revision, files }: Model): void {
  if (!isCommit(revision)) {
    throw new Refusal(`extra argument '--trust-remote-code' runs code of ${id} whose revision is not pinned (${revision ?? 'main'});`
      + ' give the model a 40-digit revision, or leave it out');
  }
  if (files && !files.some(({ path }) => path.endsWith('.py'))) {
    throw new Refusal(`extra argument '--trust-remote-code' runs code beside the weights, and the lock of ${id} has none, so that none is loaded;`
      + ' write the lock again with --trust-remote-code, or leave it out: vLLM brings the code of the architectures that it serves');
  }
}
