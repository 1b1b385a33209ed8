import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../rig/cache';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  /** Both, as a person reads them. */
  readonly output: string;
}

/** Where the provider is looked for first, so that it is downloaded once. Else: the network, or what TF_CLI_CONFIG_FILE names. */
function environment(): NodeJS.ProcessEnv {
  const plugins = process.env.TF_PLUGIN_CACHE_DIR ?? cacheDirectory('terraform-plugins');
  mkdirSync(plugins, { recursive: true });
  return {
    ...process.env, TF_PLUGIN_CACHE_DIR: plugins, TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1',
  };
}

/** The real terraform in a folder of its own. */
export class Terraform {
  private readonly folder = mkdtempSync(join(tmpdir(), 'terraform-'));

  constructor(json: object) {
    this.write('cdk.tf.json', JSON.stringify(json));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  run(...args: string[]): Ran {
    const { status, stdout, stderr, error } = spawnSync('terraform', args, {
      cwd: this.folder, env: environment(), encoding: 'utf8', timeout: 300_000, maxBuffer: 1 << 28,
    });
    if (error) {
      throw new Error(`terraform ${args[0]}: ${error.message}`);
    }
    return { status, stdout, output: stdout + stderr };
  }

  /** @throws what terraform says when it does not succeed */
  succeed(...args: string[]): string {
    const { status, stdout, output } = this.run(...args);
    if (status !== 0) {
      throw new Error(`terraform ${args.join(' ')}: ${output}`);
    }
    return stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs something with terraform and leaves nothing behind. */
export function withTerraform<T>(json: object, use: (terraform: Terraform) => T): T {
  const terraform = new Terraform(json);
  try {
    return use(terraform);
  } finally {
    terraform.remove();
  }
}

/** Said by the global setup: empty when the provider is there, else why it is not. */
export const PROVIDER_MISSING = 'TERRAFORM_TEST_PROVIDER_MISSING';
