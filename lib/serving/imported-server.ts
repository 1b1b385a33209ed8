import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { requireWorkloadName } from '../common/names';
import { named } from '../common/refusal';
import { serviceUrl } from '../common/service-address';
import { wholeNumber } from '../common/whole-number';
import { namespaceOf } from '../pods';
import { clientLabels, selectorLabels } from './labels';
import { requireServedModelName, SERVER_PORT } from './server-arguments';
import { requirePropsOf } from '../common/props';
import { LONGEST_SERVER_NAME } from './server-name';

/** What clients know of a server, whichever app made it. */
export interface IVllmServer {
  /** Name of the server's objects. */
  readonly name: string;
  /** Namespace of the server's objects. */
  readonly namespace: string;
  /** Name of the model in requests and metrics. */
  readonly servedModelName: string;
  /** Revision of the model; undefined when it is not known. */
  readonly modelRevision?: string;
  /** Address of the API inside the cluster. */
  readonly url: string;
  /** Port of the API. */
  readonly port: number;
  /** Labels that select the pods. */
  readonly selectorLabels: { readonly [name: string]: string };
  /** Labels of pods in the same namespace that may call the server. */
  readonly clientLabels: { readonly [name: string]: string };
  /** Name of the Secret with the key that callers have to send; undefined when it asks for none. */
  readonly apiKeySecretName?: string;
  /** Release of vLLM that it runs. */
  readonly release: VllmRelease;
  /** Tokens of question and answer together, at most. */
  readonly maxModelLen: number;
  /** Requests that one server runs at once, at most. */
  readonly maxNumSeqs: number;
  /** Number of servers to begin with. */
  readonly replicas: number;
  /** Seconds until a server that is being made answers, at most. */
  readonly progressDeadlineSeconds: number;
}

/** What has to be said of a server that another app made. */
export interface VllmServerAttributes {
  /** Name of the server's objects, a DNS label of at most 53 characters. */
  readonly name: string;
  /** Name of the model in requests and metrics. */
  readonly servedModelName: string;
  /** Tokens of question and answer together, at most: the server's `--max-model-len`. */
  readonly maxModelLen: number;
  /**
   * Revision of the model.
   * @default - not known
   */
  readonly modelRevision?: string;
  /**
   * Name of the Secret, with the key `api-key`, that holds the key which callers have to send.
   * @default - it asks for none
   */
  readonly apiKeySecretName?: string;
  /**
   * Requests that one server runs at once, at most: the server's `--max-num-seqs`.
   * @default 256, the least that vLLM takes by itself
   */
  readonly maxNumSeqs?: number;
  /**
   * Number of servers.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Release of vLLM that it runs.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
  /**
   * Seconds until a server that is being made answers, at most: the Deployment's `progressDeadlineSeconds`.
   * @default 1800
   */
  readonly progressDeadlineSeconds?: number;
}

const DEFAULT_MAX_NUM_SEQS = 256;
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 1800;

/** A server that another app made, in the namespace of its scope: nothing of it is made here. */
export class ImportedVllmServer extends Construct implements IVllmServer {
  readonly port = SERVER_PORT;
  readonly namespace: string;
  readonly name: string;
  readonly url: string;
  readonly selectorLabels: { readonly [name: string]: string };
  readonly clientLabels: { readonly [name: string]: string };
  readonly servedModelName: string;
  readonly modelRevision?: string;
  readonly apiKeySecretName?: string;
  readonly release: VllmRelease;
  readonly replicas: number;
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly progressDeadlineSeconds: number;

  constructor(scope: Construct, id: string, attributes: VllmServerAttributes) {
    super(scope, id);
    requirePropsOf(this, 'VllmServerAttributes', attributes);
    this.namespace = namespaceOf(this);
    this.modelRevision = attributes.modelRevision;
    this.release = attributes.release ?? VllmRelease.DEFAULT;
    this.apiKeySecretName = attributes.apiKeySecretName;
    try {
      this.name = requireWorkloadName(attributes.name, LONGEST_SERVER_NAME);
      this.servedModelName = requireServedModelName(attributes.servedModelName);
      this.maxModelLen = wholeNumber('maxModelLen', attributes.maxModelLen, 2);
      this.maxNumSeqs = wholeNumber('maxNumSeqs', attributes.maxNumSeqs ?? DEFAULT_MAX_NUM_SEQS, 1);
      this.replicas = wholeNumber('replicas', attributes.replicas ?? 1, 1);
      this.progressDeadlineSeconds = wholeNumber(
        'progressDeadlineSeconds', attributes.progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE_SECONDS, 1);
    } catch (error) {
      throw named(this, error);
    }
    this.url = serviceUrl(this.name, this.namespace, SERVER_PORT);
    this.selectorLabels = selectorLabels(this.name);
    this.clientLabels = clientLabels(this.name);
  }
}
