import { Construct } from 'constructs';
import { Model } from '../catalog';
import { Amounts } from '../planning/node-allocatable';
import { CacheMedium } from '../planning';
import { k8s } from '../pods/k8s';

/** What a pod gets to read weights from a storage. */
export interface WeightsBinding {
  /** Named `weights`; holds the model's files at its root. */
  readonly volume: k8s.Volume;
  /** What the storage's own sidecar needs in the pod. */
  readonly volumes: k8s.Volume[];
  readonly podAnnotations: { readonly [name: string]: string };
  /** Whom the pod has to reach; nobody for a disk. */
  readonly egress: k8s.NetworkPolicyEgressRule[];
}

export interface WeightsBindingProps {
  /** Name of what is made for it, for example `vllm-openai-hdml-l4`. */
  readonly name: string;
  readonly model: Model;
  /** Where the pod's node caches what it reads; undefined when it does not. */
  readonly cacheMedium?: CacheMedium;
  readonly labels: { readonly [name: string]: string };
}

/** A class of disks, made once a cluster. */
export interface DiskClass {
  readonly name: string;
  readonly parameters: { readonly [name: string]: string };
  /** Zones of every disk; empty: the zone of the first pod. */
  readonly zones: string[];
}

/** A disk that is written once, and snapshotted for the servers. */
export interface HydrationDisk {
  readonly diskClass: DiskClass;
  /** As large as the servers' disks, which cannot be smaller than what they are made from. */
  readonly sizeBytes: number;
}

/** A kind of storage that weights can be read from. Made by the factories of `WeightsStorage`. */
export interface IWeightsStorage {
  /** `gcs`, `hdml`, `pd`: part of object names. */
  readonly id: string;
  /** Disk type that the machine has to take; undefined for what is not a disk. */
  readonly diskType?: string;
  /** The zones that its pods may run in; undefined: any. */
  readonly zones?: string[];
  readonly diskClass?: DiskClass;
  /** Where the weights are copied to before servers get disks with them; undefined for what is not a disk. */
  hydrationDisk?(model: Model): HydrationDisk;
  /** The bucket that is read; undefined for a disk. */
  readonly bucket?: string;
  /** What its sidecar requests beside the server, the cache aside; undefined when there is none. */
  readonly sidecar?: Amounts;
  /** Bytes that are cached on the node for each server. */
  cacheBytes(model: Model): number;
  /** What one server can count on when it loads, in bytes a second. */
  bytesPerSecond(model: Model): number;
  /** Makes what the pod's volume needs in its namespace, and returns the pod's part. */
  bind(scope: Construct, props: WeightsBindingProps): WeightsBinding;
}

export const WEIGHTS_VOLUME = 'weights';
/** Where pods have the model's files. */
export const WEIGHTS_PATH = '/weights';
