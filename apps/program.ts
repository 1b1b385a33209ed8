import { Refusal } from '../lib';

/** Runs a program. A refusal is printed as its message alone; everything else is a bug, and is printed with its stack. */
export function runProgram(work: () => void): void {
  try {
    work();
  } catch (error) {
    console.error(error instanceof Refusal ? error.message : `This is a bug of cdk8s-vllm; please report it with what follows.\n${stackOf(error)}`);
    process.exitCode = 1;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
