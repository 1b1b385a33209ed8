import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Part } from '../rig/cluster/parts';

export interface Finding {
  readonly judge: 'kube-linter' | 'kube-score critical' | 'kube-score warning';
  /** As the judge calls it. */
  readonly check: string;
  /** `Kind/name` */
  readonly object: string;
  readonly message: string;
}

interface LinterReport {
  readonly Checks: unknown[];
  readonly Reports: {
    readonly Check: string;
    readonly Diagnostic: { readonly Message: string };
    readonly Object: { readonly K8sObject: { readonly Name: string; readonly GroupVersionKind: { readonly Kind: string } } };
  }[] | null;
}

interface Score {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: { readonly name: string };
  readonly checks: {
    readonly check: { readonly id: string };
    /** 10 is all well, 7 nearly, 5 a warning, 1 critical. */
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: { readonly path: string; readonly summary: string }[] | null;
  }[];
}

/** What kube-linter's default checks find in manifests that are applied together. */
export function lint(yaml: string): Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'judges-'));
  try {
    writeFileSync(join(folder, 'rendered.yaml'), yaml);
    const { stdout, stderr } = spawnSync(Part.KUBE_LINTER.file('kube-linter'), [
      'lint', '--verbose', '--fail-if-no-objects-found', '--format=json', folder,
    ], { encoding: 'utf8' });
    // an object that it cannot read is passed over with a warning only
    if (/warning/i.test(stderr) || stdout === '') {
      throw new Error(`kube-linter did not judge everything: ${stderr}`);
    }
    const { Reports } = JSON.parse(stdout) as LinterReport;
    return (Reports ?? []).map(({ Check, Diagnostic, Object: { K8sObject } }) => ({
      judge: 'kube-linter', check: Check, object: `${K8sObject.GroupVersionKind.Kind}/${K8sObject.Name}`, message: Diagnostic.Message,
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What kube-score's default checks find; its own comments in manifests, which switch checks off, do not count. */
export function score(yaml: string): Finding[] {
  const { stdout, stderr } = spawnSync(Part.KUBE_SCORE.file('kube-score'), [
    'score', '--output-format=json', '--kubernetes-version=v1.36', '--disable-ignore-checks-annotations', '-',
  ], { input: yaml, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (!stdout.startsWith('[')) {
    throw new Error(`kube-score did not judge: ${stderr || stdout}`);
  }
  return (JSON.parse(stdout) as Score[]).flatMap(({ type_meta, object_meta, checks }) => checks
    .filter(({ skipped, grade }) => !skipped && grade <= 5)
    .map(({ check, grade, comments }) => ({
      judge: grade <= 1 ? 'kube-score critical' as const : 'kube-score warning' as const,
      check: check.id,
      object: `${type_meta.kind}/${object_meta.name}`,
      message: (comments ?? []).map(({ path, summary }) => `${path} ${summary}`.trim()).join('; '),
    })));
}

/** A finding that stays, and why. `*` in the object stands for anything. */
export interface Exception {
  readonly judge: string;
  readonly check: string;
  readonly object: string;
  readonly reason: string;
}

export const EXCEPTIONS = JSON.parse(readFileSync(join(__dirname, 'judge-exceptions.json'), 'utf8')) as Exception[];

export function exceptionFor(finding: Finding, exceptions: readonly Exception[]): Exception | undefined {
  return exceptions.find(({ judge, check, object }) => judge === finding.judge && check === finding.check
    && new RegExp(`^${object.split('*').map(part => part.replace(/[.?+^$[\]\\(){}|]/g, '\\$&')).join('.*')}$`).test(finding.object));
}
