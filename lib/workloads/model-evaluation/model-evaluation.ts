import { Construct } from 'constructs';
import { VllmRelease } from '../../catalog';
import { ServiceIdentity } from '../../common/identity';
import { requireWorkloadName } from '../../common/names';
import { named, Refusal } from '../../common/refusal';
import {
  bucketFile, BucketMount, Contract, podPrograms, PodProps, ProgramImage, ProgramJob, requireBucketPath, requireNamespace, toGoogleApis,
  WorkloadAccess,
} from '../../pods';
import { BatchInference } from '../batch-inference/batch-inference';
import { defaultName, LONGEST_NAME } from '../server-client';
import contract from './contract.json';
import { requirePropsOf } from '../../common/props';

const CONTRACT = new Contract(contract);
const HOUR = 3600;
const KEPT_SECONDS = 7 * 24 * HOUR;
const TRIES = 3;
const GRACE_SECONDS = 10;
const ANSWERS = { volume: 'answers', mountPath: '/answers' };
const LABELS = { volume: 'labels', mountPath: '/labels' };
const OUTPUT = { volume: 'output', mountPath: '/output' };

const THRESHOLDS = {
  minAccuracy: 'min-accuracy', minMacroF1: 'min-macro-f1', minWeightedF1: 'min-weighted-f1', minExactMatch: 'min-exact-match',
} as const;

/** Props of `ModelEvaluation`. */
export interface ModelEvaluationProps extends PodProps {
  /** Batch whose answers are judged; while it is at work it is waited for. */
  readonly batch: BatchInference;
  /**
   * File of the batch's bucket with a `custom_id` and a `label` in each line of JSON, for example `batch/labels.jsonl`. A line may have
   * `answer_after`: words, as `Answer:`, that stand before the answer.
   */
  readonly labels: string;
  /**
   * Folder of the bucket that gets `evaluation.json` and `evaluation.html`.
   * @default - `evaluation` beside the folder of the batch
   */
  readonly output?: string;
  /**
   * Heading of the page.
   * @default - the model's name
   */
  readonly title?: string;
  /**
   * Share of right answers below which the Job fails, with everything written; above 0, at most 1.
   * @default - none
   */
  readonly minAccuracy?: number;
  /**
   * Mean of the labels' F1 below which the Job fails; above 0, at most 1.
   * @default - none
   */
  readonly minMacroF1?: number;
  /**
   * Mean of the labels' F1, weighted by how many lines have the label, below which the Job fails; above 0, at most 1.
   * @default - none
   */
  readonly minWeightedF1?: number;
  /**
   * Share of answers that are the label and nothing else below which the Job fails; above 0, at most 1.
   * @default - none
   */
  readonly minExactMatch?: number;
  /**
   * Name of every object, a DNS label of 1 to 52 characters.
   * @default - SERVER-evaluation, shortened where it has to be
   */
  readonly name?: string;
  /**
   * Image that has the programs, built from `dist/kustomize/programs/model-evaluation`.
   * @default - the server's, with the programs mounted
   */
  readonly image?: string;
}

/**
 * A Job that compares the answers of a batch with labels: accuracy, precision, recall and F1 of each label, exact match. It talks to the
 * bucket and to nobody else.
 *
 * @throws on an output in the folder of the batch, and on thresholds out of their range
 * @see program/figures.py for what each figure is, program/labels.py for how a label is found in an answer
 */
export class ModelEvaluation extends Construct {
  /** The programs, and what builds an image that has them. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: release.image, directory: __dirname });
  }

  /** Name of every object. */
  readonly name: string;
  /** Identity of the pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** Labels of every object. */
  readonly labels: { readonly [label: string]: string };
  /** Folder of the figures in the bucket. */
  readonly output: string;
  /** Arguments of the program. */
  readonly args: readonly string[];

  constructor(scope: Construct, id: string, props: ModelEvaluationProps) {
    super(scope, id);
    requirePropsOf(this, 'ModelEvaluationProps', props);
    const { batch } = props;
    try {
      requireNamespace(this, batch.identity.namespace);
      this.name = requireWorkloadName(props.name ?? defaultName(batch.server, '-evaluation'), LONGEST_NAME);
      this.output = requireBucketPath('output', props.output ?? [...batch.output.split('/').slice(0, -1), 'evaluation'].join('/'));
      if (this.output === batch.output) {
        throw new Refusal(`'output' (${this.output}) is the folder of the batch, which is for its records alone; use another one`);
      }
      const file = bucketFile('labels', props.labels);
      const labels = BucketMount.readable(batch.bucket, file.folder, LABELS);
      const answers = BucketMount.readable(batch.bucket, { what: '\'output\' of the batch', path: batch.output }, ANSWERS);
      const output = BucketMount.writable(batch.bucket, { what: '\'output\'', path: this.output }, OUTPUT);
      const access = new WorkloadAccess(this, 'Access', {
        name: this.name, app: CONTRACT.name, component: 'evaluation', namespace: batch.identity.namespace, egress: toGoogleApis(this),
        grants: [labels.grant, answers.grant, output.grant], serviceAccountName: props.serviceAccountName,
      });
      this.identity = access.identity;
      this.labels = access.labels;
      this.args = [
        ANSWERS.mountPath, labels.path(file.name), OUTPUT.mountPath,
        `--title=${props.title ?? batch.server.servedModelName}`,
        `--wait=${batch.deadlineSeconds}`,
        ...thresholds(props),
      ];
      this.makeJob(props, [answers, labels, output]);
    } catch (error) {
      throw named(this, error);
    }
  }

  private makeJob(props: ModelEvaluationProps, mounts: readonly BucketMount[]): void {
    const { batch, image: ownImage } = props;
    new ProgramJob(this, 'Resource', {
      name: this.name, labels: this.labels, serviceAccountName: this.identity.serviceAccountName, platform: props, contract: CONTRACT,
      args: this.args, graceSeconds: GRACE_SECONDS,
      spec: {
        backoffLimit: TRIES,
        // Applied together with the batch it waits for all of it
        activeDeadlineSeconds: batch.deadlineSeconds + HOUR,
        ttlSecondsAfterFinished: KEPT_SECONDS,
      },
      programs: podPrograms(this, {
        name: this.name, labels: this.labels, image: ModelEvaluation.programImage(batch.server.release), ownImage,
      }),
      resources: { cpu: '1', memory: '2Gi', ephemeralStorage: '256Mi' },
      mounts, annotations: mounts[0].podAnnotations,
    });
  }
}

function thresholds(props: ModelEvaluationProps): string[] {
  return Object.entries(THRESHOLDS).flatMap(([prop, argument]) => {
    const least = props[prop as keyof typeof THRESHOLDS];
    return least === undefined ? [] : [`--${argument}=${CONTRACT.number(argument, prop, least)}`];
  });
}
