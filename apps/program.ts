import * as path from 'node:path';
import { Refusal } from '../lib';
import { buildMatrix, Matrix } from './matrix';
import { readSettings, Settings } from './settings';

export const ROOT = path.join(__dirname, '..');

/**
 * Runs a program on the cells that the environment and `.env` ask for. A refusal is printed as its message alone; everything else is a bug,
 * and is printed with its stack.
 */
export function runProgram(work: (settings: Settings, matrix: Matrix) => void): void {
  try {
    const settings = readSettings(process.env, path.join(ROOT, '.env'));
    work(settings, buildMatrix(ROOT, settings));
  } catch (error) {
    console.error(error instanceof Refusal ? error.message : `This is a bug of cdk8s-vllm; please report it with what follows.\n${stackOf(error)}`);
    process.exitCode = 1;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
