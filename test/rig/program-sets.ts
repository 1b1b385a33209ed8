import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as library from '../../lib';
import { ProgramFiles, ProgramImage } from '../../lib/pods';
import { SERVER_PROGRAMS } from '../../lib/serving/server-programs';
import { IMAGES, ProgramImage as Image } from './python/environment';

const LIB = resolve(__dirname, '../../lib');

/** Programs as they lie together in a container, and the image that they are run on. */
export interface ProgramSet {
  readonly name: string;
  readonly image: Image;
  readonly files: ProgramFiles;
}

/** The program images of every workload of the library. */
export function programImages(): ProgramImage[] {
  return Object.values(library).flatMap(exported =>
    typeof exported === 'function' && 'programImage' in exported ? [exported.programImage()] : []);
}

/** Everything that a pod mounts, and what the programs share, by itself. */
export function programSets(): ProgramSet[] {
  const server: Image = 'vllm-openai';
  const shared = join(LIB, 'workloads/shared');
  return [
    ...programImages().map(({ name, base, programs }) => ({ name, image: imageOf(base), files: programs })),
    { name: SERVER_PROGRAMS.folder, image: server, files: SERVER_PROGRAMS.data },
    {
      name: 'shared', image: server,
      files: Object.fromEntries(readdirSync(shared).map(name => [name, readFileSync(join(shared, name), 'utf8')])),
    },
  ];
}

/** The rig's image for a base such as `docker.io/vllm/vllm-openai:v1`. */
function imageOf(base: string): Image {
  const found = (Object.keys(IMAGES) as Image[]).find(image => base.split('/').at(-1)!.startsWith(`${image}:`));
  if (found === undefined) {
    throw new Error(`the rig has no Python for ${base}: it has ${Object.keys(IMAGES).join(', ')}`);
  }
  return found;
}

/** The Python of the library, by path below `lib`. */
export function pythonOfLibrary(): Map<string, string> {
  const names = (readdirSync(LIB, { recursive: true }) as string[]).filter(name => name.endsWith('.py'));
  return new Map(names.map(name => [name, readFileSync(join(LIB, name), 'utf8')]));
}
