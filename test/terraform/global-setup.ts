import { spawnSync } from 'node:child_process';
import { PROVIDER_MISSING, withTerraform } from './terraform';

const PROVIDER = { terraform: { required_providers: { google: { source: 'hashicorp/google', version: '6.50.0' } } } };

/** Looks for terraform and for the provider, and says what cannot be checked without it. */
export default function globalSetup(): void {
  if (spawnSync('terraform', ['version'], { stdio: 'ignore' }).status !== 0) {
    throw new Error('terraform is not on PATH: https://developer.hashicorp.com/terraform/install');
  }
  const { status, output } = withTerraform(PROVIDER, terraform => terraform.run('init', '-no-color'));
  process.env[PROVIDER_MISSING] = status === 0 ? '' : reasonIn(output);
  if (status !== 0) {
    console.log(`\nNot run: validate, plan and apply against the schema of hashicorp/google 6.50.0 (provider.test.ts), for want of the provider:`
      + ` ${process.env[PROVIDER_MISSING]}`);
  }
}

function reasonIn(output: string): string {
  const words = output.replace(/[│╷╵\s]+/g, ' ');
  return /could not connect to \S+|no available releases match|was not found in any of the search locations/.exec(words)?.[0].replace(/:$/, '')
    ?? words.trim();
}
