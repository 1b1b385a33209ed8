import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Block } from '../gke/synthesized';
import { cacheDirectory } from '../rig/cache';
import { findPython, findUv, run } from '../rig/python/uv';

const REQUIREMENTS = join(__dirname, 'requirements', 'checkov.txt');

/** A finding that stays, and why. `only` names an argument that the resource must have set. */
export interface Skip {
  readonly check: string;
  readonly resource: string;
  readonly only?: string;
  readonly reason: string;
}

export interface Finding {
  readonly check: string;
  /** `google_storage_bucket.models_3A8DAD06` */
  readonly resource: string;
}

export interface Judgement {
  readonly passed: number;
  readonly failed: Finding[];
}

/** Installed once, in an environment of its own. */
function checkov(): string {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 8);
  const environment = cacheDirectory('python', `checkov-${digest}`);
  if (!existsSync(environment)) {
    const python = findPython();
    const uv = findUv(python);
    const partial = `${environment}.partial-${process.pid}`;
    mkdirSync(cacheDirectory('python'), { recursive: true });
    try {
      run(uv, ['venv', '--quiet', '--relocatable', '--python', python, partial]);
      run(uv, ['pip', 'install', '--quiet', '--no-deps', '--python', join(partial, 'bin', 'python'), '--requirement', REQUIREMENTS]);
      renameSync(partial, environment);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  return join(environment, 'bin', 'checkov');
}

/** What checkov finds, none of it skipped. */
export function judge(json: Block): Judgement {
  const folder = mkdtempSync(join(tmpdir(), 'checkov-'));
  try {
    writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify(json));
    const { stdout, stderr } = spawnSync(checkov(), [
      '--directory', folder, '--framework', 'terraform_json', '--skip-download', '--compact', '--quiet', '--output', 'json',
    ], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const report = stdout.startsWith('{') ? JSON.parse(stdout) as Block : undefined;
    // What it cannot read is passed over in silence.
    if (!report?.results || report.summary.parsing_errors > 0 || report.summary.passed === 0) {
      throw new Error(`checkov did not judge: ${stderr || stdout}`);
    }
    return {
      passed: report.summary.passed,
      failed: report.results.failed_checks.map(({ check_id: check, resource }: Block) => ({ check, resource: addressOf(json, resource) })),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** It says `resource.NAME` or `TYPE.NAME`. */
function addressOf(json: Block, resource: string): string {
  const name = resource.slice(resource.indexOf('.') + 1);
  const type = Object.entries(json.resource as Record<string, object>).find(([, blocks]) => name in blocks)?.[0];
  return `${type}.${name}`;
}

export function skipFor({ check, resource }: Finding, skips: readonly Skip[], json: Block): Skip | undefined {
  const [type, name] = resource.split('.');
  const isSet = (path: string) => path.split('.').reduce((block: Block | undefined, key) => block?.[key], json.resource[type][name]) !== undefined;
  return skips.find(skip => skip.check === check && skip.resource === `${type}.*` && (skip.only === undefined || isSet(skip.only)));
}

export function checkovVersion(): string {
  return execFileSync(checkov(), ['--version'], { encoding: 'utf8' }).trim();
}
