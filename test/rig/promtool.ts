import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Part } from './cluster/parts';

export interface Rule {
  /** Of an alert. */
  readonly alert?: string;
  /** Of a series that is recorded: its name. */
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly annotations?: { readonly [name: string]: string };
}

export interface RuleGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

/** One test of promtool, with its own word for each field. https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
export interface RuleTest {
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test?: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts: readonly { readonly exp_labels: object; readonly exp_annotations: object }[];
  }[];
  readonly promql_expr_test?: readonly {
    readonly expr: string;
    readonly eval_time: string;
    readonly exp_samples: readonly { readonly labels: string; readonly value: number }[];
  }[];
}

export interface Verdict {
  readonly code: number;
  readonly output: string;
}

/** What the real promtool says of rules, each group a file of its own, with all its lints. */
export function checkRules(groups: readonly RuleGroup[]): Verdict {
  const files = new Map(groups.map((group, index) => [`${index}.yaml`, { groups: [group] }]));
  return run(files, ['check', 'rules', '--lint=all', '--lint-fatal', ...files.keys()]);
}

/** What the real promtool says of tests of rules. */
export function testRules(groups: readonly RuleGroup[], tests: readonly RuleTest[]): Verdict {
  const files = new Map<string, object>([
    ['rules.yaml', { groups }], ['tests.yaml', { rule_files: ['rules.yaml'], evaluation_interval: '15s', tests }],
  ]);
  return run(files, ['test', 'rules', 'tests.yaml']);
}

function run(files: ReadonlyMap<string, object>, args: readonly string[]): Verdict {
  const directory = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    files.forEach((content, name) => writeFileSync(join(directory, name), stringify(content)));
    const { status, stdout, stderr, error } = spawnSync(Part.PROMTOOL.file('promtool'), args, { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 26 });
    if (error) {
      throw error;
    }
    return { code: status!, output: stdout + stderr };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
