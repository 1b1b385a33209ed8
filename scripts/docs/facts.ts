import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Accelerator, MachineType, Model, VllmRelease } from '../../lib/catalog';
import { gib } from '../../lib/common/bytes';
import { PROJECT } from './example';
import { code, table } from './markdown';

const RULES = 'dist/kustomize/l4-gcs/monitoring/rules-vllm-openai-gcs-l4.yaml';
const TERRAFORM = 'dist/terraform/stacks/gke/cdk.tf.json';

interface Rule {
  readonly alert: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

interface Rules {
  readonly spec: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
}

interface Described {
  readonly description?: string;
  readonly default?: unknown;
}

function text(file: string): string {
  return readFileSync(join(PROJECT, file), 'utf8');
}

/** The alerts of a server, as its rules have them. */
export function alertTable(): string {
  const { spec } = parse(text(RULES)) as Rules;
  return table(['alert', 'severity', 'after', 'what it says'], spec.groups.flatMap(({ rules }) => rules).map(rule => [
    code(rule.alert), rule.labels.severity, rule.for, rule.annotations.summary.replace(/^[^:]+: /, ''),
  ]));
}

export function terraformVariableTable(): string {
  const { variable } = JSON.parse(text(TERRAFORM)) as { variable: { [name: string]: Described } };
  return table(['variable', 'what it is', 'default'], Object.entries(variable).map(([name, { description, default: usual }]) => [
    code(name), description!, usual === undefined ? 'must be given' : code(JSON.stringify(usual)),
  ]));
}

export function terraformOutputTable(): string {
  const { output } = JSON.parse(text(TERRAFORM)) as { output: { [name: string]: Described } };
  return table(['output', 'what it is'], Object.entries(output).map(([name, { description }]) => [code(name), description!]));
}

export function acceleratorTable(): string {
  const head = ['id', 'card', 'memory', 'compute capability', 'bfloat16', 'fp8', 'GPUs of a machine'];
  return table(head, Accelerator.all().map((accelerator) => {
    const gpus = [...new Set(MachineType.forAccelerator(accelerator).map(machine => machine.gpus))].sort((a, b) => a - b);
    return [
      code(accelerator.id), accelerator.displayName, gib(accelerator.memoryBytes), accelerator.computeCapability.toFixed(1),
      accelerator.supportsBfloat16 ? 'yes' : 'no', accelerator.supportsFp8 ? 'yes' : 'no', gpus.join(', '),
    ];
  }));
}

export function modelTable(): string {
  const yesOrNo = (value: boolean | undefined) => value === undefined ? 'not known' : value ? 'yes' : 'no';
  return table(['model', 'weights', 'longest request, tokens', 'licence to accept', 'pinned to a commit'], Model.all().map(model => [
    model.id, gib(model.weightsBytes), `${model.maxModelLen}`, yesOrNo(model.gated), yesOrNo(model.revision !== undefined),
  ]));
}

/** What goes together with this version, as far as a test holds it. */
export function compatibilityTable(): string {
  const { engines, peerDependencies, devDependencies } = JSON.parse(text('package.json')) as Record<string, Record<string, string>>;
  const minors = readdirSync(join(PROJECT, 'test/rig/cluster')).flatMap(name => /^kubernetes-(.+)$/.exec(name)?.slice(1) ?? []).sort();
  const releases = VllmRelease.all().map(({ version }) => version === VllmRelease.DEFAULT.version ? `${version} (default)` : version);
  return table(['part', 'allowed', 'tested with'], [
    ['node', engines.node, 'see [the gate](.ci/run.mjs)'],
    ...Object.entries(peerDependencies).map(([name, range]) => [name, range, devDependencies[name]]),
    ['Kubernetes', 'not checked', minors.join(', ')],
    ['vLLM', releases.join(', '), releases.join(', ')],
  ]);
}
