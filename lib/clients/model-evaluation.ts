import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { ServiceIdentity } from '../identity';
import {
  failurePolicy, podPrograms, ProgramImage, requireWorkloadName, selectorLabelsOf, toGoogleApis, WorkloadAccess, workloadLabels,
} from '../pods';
import { requireNamespace } from '../serving/namespace';
import { BatchInference } from './batch-inference';
import { bucketPath, bucketPod, BucketVolume } from './bucket-volume';

const APP = 'model-evaluation';
const LONGEST_NAME = 52;
const HOUR = 3600;
const KEPT_SECONDS = 7 * 24 * HOUR;
const TRIES = 3;
const GRACE_SECONDS = 10;

const THRESHOLDS = { minAccuracy: 'accuracy', minMacroF1: 'macro-f1', minWeightedF1: 'weighted-f1', minExactMatch: 'exact-match' } as const;

export interface ModelEvaluationProps {
  /** Whose answers are judged; while it is at work it is waited for. */
  readonly batch: BatchInference;
  /** A file of the batch's bucket with `{"custom_id": …, "label": …}` a line, for example `batch/labels.jsonl`. */
  readonly labels: string;
  /** The folder that gets `evaluation.json` and `evaluation.html`. @default - `evaluation` beside the folder of the batch */
  readonly output?: string;
  /** At the top of the page. @default - the model's name */
  readonly title?: string;
  /** Share of right answers below which the Job fails, with everything written. @default - none */
  readonly minAccuracy?: number;
  /** The mean of the labels' F1 below which the Job fails. @default - none */
  readonly minMacroF1?: number;
  /** The same mean, weighted by how many lines have the label. @default - none */
  readonly minWeightedF1?: number;
  /** Share of answers that are the label and nothing else below which the Job fails. @default - none */
  readonly minExactMatch?: number;
  /** @default - SERVER-evaluation */
  readonly name?: string;
  /** An image that has the programs, built from `ModelEvaluation.programImage()`. @default - the server's, with the programs mounted */
  readonly image?: string;
}

/**
 * A Job that compares the answers of a batch with labels: accuracy, precision, recall and F1 of each label, exact match. It talks to
 * the bucket and to nobody else.
 *
 * @see model_evaluation.py for what each figure is, and how a label is found in an answer
 */
export class ModelEvaluation extends Construct {
  /** For an image that has the programs already. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({
      name: APP, base: release.image, directory: __dirname, fileNames: ['model_evaluation.py', 'model_evaluation_page.py'],
    });
  }

  readonly name: string;
  readonly identity: ServiceIdentity;
  readonly labels: { readonly [label: string]: string };
  /** Folder of the figures in the bucket. */
  readonly output: string;
  /** The arguments of the program. */
  readonly args: readonly string[];

  constructor(scope: Construct, id: string, props: ModelEvaluationProps) {
    super(scope, id);
    const { batch } = props;
    try {
      requireNamespace(this, batch.identity.namespace);
      this.name = requireWorkloadName(props.name ?? `${batch.server.name}-evaluation`, LONGEST_NAME);
      this.labels = workloadLabels({ app: APP, instance: this.name }, 'evaluation');
      this.output = bucketPath('output', props.output ?? [...batch.output.split('/').slice(0, -1), 'evaluation'].join('/'));
      if (this.output === batch.output) {
        throw new Error(`'output' (${this.output}) is the folder of the batch, which is for its records alone; use another one`);
      }
      this.identity = new WorkloadAccess(this, 'Access', {
        name: this.name, namespace: batch.identity.namespace, labels: this.labels,
        selectorLabels: selectorLabelsOf({ app: APP, instance: this.name }), egress: toGoogleApis(),
        grants: [{ role: 'roles/storage.objectUser', bucket: batch.bucket }],
      }).identity;
      const volume = new BucketVolume(batch.bucket);
      this.args = [
        volume.path(batch.output), volume.path(bucketPath('labels', props.labels)), volume.path(this.output),
        `--title=${props.title ?? batch.server.servedModelName}`,
        `--wait=${batch.deadlineSeconds}`,
        ...thresholds(props),
      ];
      this.makeJob(props, volume);
    } catch (error) {
      throw new Error(`ModelEvaluation '${id}': ${(error as Error).message}`, { cause: error });
    }
  }

  private makeJob({ batch, image: ownImage }: ModelEvaluationProps, bucket: BucketVolume): void {
    const image = ModelEvaluation.programImage(batch.server.release);
    const programs = podPrograms(this, { name: this.name, labels: this.labels, image, ownImage });
    new k8s.KubeJob(this, 'Resource', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        backoffLimit: TRIES,
        // Applied together with the batch it waits for all of it
        activeDeadlineSeconds: batch.deadlineSeconds + HOUR,
        ttlSecondsAfterFinished: KEPT_SECONDS,
        podFailurePolicy: failurePolicy(APP, { FailJob: [3, 64, 65, 66] }),
        template: bucketPod({
          bucket, name: APP, labels: this.labels, serviceAccountName: this.name, programs, program: image.path, args: this.args,
          graceSeconds: GRACE_SECONDS,
        }),
      },
    });
  }
}

function thresholds(props: ModelEvaluationProps): string[] {
  return Object.entries(THRESHOLDS).flatMap(([prop, figure]) => {
    const least = props[prop as keyof typeof THRESHOLDS];
    if (least === undefined) {
      return [];
    }
    if (typeof least !== 'number' || !(least > 0 && least <= 1)) {
      throw new Error(`'${prop}' (${least}) must be a share above 0 and at most 1, for example 0.9; leave it out for none`);
    }
    return [`--min-${figure}=${least}`];
  });
}
