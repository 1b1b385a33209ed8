import { program } from './program';

export const PROGRAMS_PATH = '/opt/cdk8s-vllm';

export interface ProgramImageProps {
  /** `gradio-chat` */
  readonly name: string;
  /** The public image with the interpreter and the packages that the programs need. */
  readonly base: string;
  /** Where the programs stand. */
  readonly directory: string;
  /** The first is the one that is run. */
  readonly fileNames: readonly string[];
}

/**
 * Python programs and the public image that carries what they need. Mounted on it from a ConfigMap, or built into an image of one's
 * own by the files that this writes.
 */
export class ProgramImage {
  readonly name: string;
  readonly base: string;
  readonly programs: { readonly [fileName: string]: string };
  /** Of the program that is run, in the container. */
  readonly path: string;

  constructor(props: ProgramImageProps) {
    this.name = props.name;
    this.base = props.base;
    this.programs = Object.fromEntries(props.fileNames.map(fileName => [fileName, program(props.directory, fileName).source]));
    this.path = `${PROGRAMS_PATH}/${props.fileNames[0]}`;
  }

  /** What builds the image: `docker build .`, or `gcloud builds submit --substitutions=_IMAGE=… .` */
  files(): Map<string, string> {
    const names = Object.keys(this.programs);
    return new Map([
      ...Object.entries(this.programs),
      ['Dockerfile', [
        `FROM ${this.base}`,
        `COPY --chmod=0444 ${names.join(' ')} ${PROGRAMS_PATH}/`,
        'USER 10001:10001',
        `ENTRYPOINT ["python3", "${this.path}"]`,
        '',
      ].join('\n')],
      ['cloudbuild.yaml', [
        '# gcloud builds submit --substitutions=_IMAGE=LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME:TAG .',
        'steps:',
        '  - name: gcr.io/cloud-builders/docker',
        '    args: [build, --tag, $_IMAGE, .]',
        'images:',
        '  - $_IMAGE',
        'options:',
        '  logging: CLOUD_LOGGING_ONLY',
        '',
      ].join('\n')],
    ]);
  }
}
