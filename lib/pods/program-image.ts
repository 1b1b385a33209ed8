import { Contract } from './contract';
import { ProgramFiles, programFiles } from './program-files';

export const PROGRAMS_PATH = '/opt/cdk8s-vllm';

/** What every program reads its contract with. */
const ALWAYS_SHARED = ['contract.py', 'exits.json', 'exits.py'];

export interface ProgramImageProps {
  readonly contract: Contract;
  /** The public image with the interpreter and the packages that the programs need. */
  readonly base: string;
  /** The folder of the workload: contract.json, and the programs in `program/`. */
  readonly directory: string;
}

/**
 * Python programs and the public image that carries what they need. They are mounted on it from a ConfigMap, or built into an image of
 * one's own by the files that this writes.
 */
export class ProgramImage {
  /** Name of the workload that the programs are of, for example `gradio-chat`. */
  readonly name: string;
  /** Public image, by its tag or digest, with the interpreter and the packages that the programs need. */
  readonly base: string;
  /** Source text by file name: the programs, what they share with others, and their contract. `main.py` is the one that is run. */
  readonly programs: ProgramFiles;
  /** Path of the program that is run, in the container. */
  readonly path = `${PROGRAMS_PATH}/main.py`;

  /**
   * Reads the programs of a workload.
   *
   * @internal
   */
  constructor({ contract, base, directory }: ProgramImageProps) {
    this.name = contract.name;
    this.base = base;
    this.programs = programFiles(directory, ['contract.json'], [...ALWAYS_SHARED, ...contract.shared]);
  }

  /**
   * Files that build the image: `docker build .`, or `gcloud builds submit --substitutions=_IMAGE=… .`
   *
   * @param base - image that it begins with, where the public one is taken from a registry of one's own
   */
  buildFiles(base = this.base): ProgramFiles {
    return {
      Dockerfile: [
        `FROM ${base}`,
        `COPY --chmod=0444 ${Object.keys(this.programs).join(' ')} ${PROGRAMS_PATH}/`,
        'USER 10001:10001',
        `ENTRYPOINT ["python3", "${this.path}"]`,
        '',
      ].join('\n'),
      'cloudbuild.yaml': [
        '# gcloud builds submit --substitutions=_IMAGE=LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME:TAG .',
        'steps:',
        '  - name: gcr.io/cloud-builders/docker',
        '    args: [build, --tag, $_IMAGE, .]',
        'images:',
        '  - $_IMAGE',
        'options:',
        '  logging: CLOUD_LOGGING_ONLY',
        '',
      ].join('\n'),
    };
  }
}
