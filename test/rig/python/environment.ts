import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDirectory } from '../cache';
import { sha256 } from '../sha256';
import { installInterpreter, PythonVersion } from './interpreter';
import { findPython, findUv, run } from './uv';

/** The Python of each image that a program is mounted on. What else the image carries is in `requirements`, pinned. */
export const IMAGES = {
  'vllm-openai': '3.12',
  'gradio-app': '3.13',
  locust: '3.13',
} as const satisfies { readonly [image: string]: PythonVersion };

export type ProgramImage = keyof typeof IMAGES;

/** An environment like the image's: the same Python, the same packages. Made once; returns its Python. */
export function imagePython(image: ProgramImage): string {
  return pinnedPython(image, IMAGES[image]);
}

/** A Python with scikit-learn, whose figures judge those of the evaluation. */
export function judgePython(): string {
  return pinnedPython('scikit-learn', '3.12');
}

function pinnedPython(name: string, version: PythonVersion): string {
  const requirements = join(__dirname, 'requirements', `${name}.txt`);
  const digest = sha256(version, readFileSync(requirements)).slice(0, 8);
  const environment = cacheDirectory('python', `${name}-${digest}`);
  if (!existsSync(environment)) {
    const uv = findUv(findPython());
    const partial = `${environment}.partial-${process.pid}`;
    mkdirSync(cacheDirectory('python'), { recursive: true });
    try {
      run(uv, ['venv', '--quiet', '--relocatable', '--python', installInterpreter(version), partial]);
      run(uv, ['pip', 'install', '--quiet', '--no-deps', '--compile-bytecode', '--python', join(partial, 'bin', 'python'),
        '--requirement', requirements]);
      renameSync(partial, environment);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  return join(environment, 'bin', 'python');
}

/** What a sandbox has to see of the Python of an environment: the environment, and the interpreter that it was made with. */
export function pythonMounts(python: string): Record<string, string> {
  const interpreter = execFileSync(python, ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' }).trim();
  return Object.fromEntries([dirname(dirname(python)), interpreter].map(folder => [folder, folder]));
}
