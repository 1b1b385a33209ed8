import { Construct } from 'constructs';
import { Accelerator, Model } from '../catalog';
import { Amounts } from '../planning/node-allocatable';
import { CacheMedium } from '../planning';
import { k8s } from '../pods/k8s';

/** What a pod gets to read weights from a storage. */
export interface WeightsBinding {
  /** Volume named `weights`, which holds the model's files at its root. */
  readonly volume: k8s.Volume;
  /** Volumes that the storage's own sidecar needs in the pod. */
  readonly volumes: readonly k8s.Volume[];
  /** Annotations that the pod needs. */
  readonly podAnnotations: { readonly [name: string]: string };
  /** Rules for whom the pod has to reach; none for a disk. */
  readonly egress: readonly k8s.NetworkPolicyEgressRule[];
}

/** Props of `IWeightsStorage.bind`. */
export interface WeightsBindingProps {
  /** Name of what is made for the pod, for example `vllm-openai-hdml-l4`. */
  readonly name: string;
  /** The model whose weights are read. */
  readonly model: Model;
  /**
   * Where the pod's node caches what it reads.
   * @default - it does not
   */
  readonly cacheMedium?: CacheMedium;
  /** Labels of what is made. */
  readonly labels: { readonly [name: string]: string };
}

/** A class of disks, made once a cluster. */
export interface DiskClass {
  /** Name of the StorageClass. */
  readonly name: string;
  /** Parameters of the disk's driver. */
  readonly parameters: { readonly [name: string]: string };
  /** Zones of every disk; empty: the zone of the first pod. */
  readonly zones: readonly string[];
}

/** A disk that is written once, and snapshotted for the servers. */
export interface HydrationDisk {
  /** Class of the disk. */
  readonly diskClass: DiskClass;
  /** Size in bytes: that of the servers' disks, which cannot be smaller than what they are made from. */
  readonly sizeBytes: number;
}

/** A kind of storage that weights can be read from. Made by the factories of `WeightsStorage`. */
export interface IWeightsStorage {
  /** Short id that is part of object names: `gcs`, `hdml`, `pd`. */
  readonly id: string;
  /** Names of the CSI drivers that mount it, which the cluster has to have. */
  readonly csiDrivers: readonly string[];
  /** Type of the disk that the machine has to attach; undefined for what is not a disk. */
  readonly diskType?: string;
  /** Zones that its pods may run in; undefined when any will do. */
  readonly zones?: readonly string[];
  /** Class of its disks; undefined for what is not a disk. */
  readonly diskClass?: DiskClass;
  /** The disk that weights are copied to before servers get disks with them; undefined for what is not a disk. */
  hydrationDisk?(model: Model): HydrationDisk;
  /** Name of the bucket that is read; undefined for a disk. */
  readonly bucket?: string;
  /** Requests of its sidecar beside the server, the cache aside; undefined when there is none. */
  readonly sidecar?: Amounts;
  /** Bytes that are cached on the node for each server. */
  cacheBytes(model: Model): number;
  /** Bytes a second that one server can count on when it loads. */
  bytesPerSecond(model: Model): number;
  /** Makes what the pod's volume needs in its namespace, and returns the pod's part. */
  bind(scope: Construct, props: WeightsBindingProps): WeightsBinding;
}

/** What the storage of a cell follows from. */
export interface StorageFacts {
  readonly accelerator: Accelerator;
  /** Name of the cluster's region, for example `us-central1`. */
  readonly region: string;
  /** Name of the bucket that holds the weights, or what disks are filled from. */
  readonly bucket: string;
}

/** Why there is no storage of a kind for an accelerator. */
export interface NoStorage {
  readonly reason: string;
}

/** A kind of storage, as the registry of `storages.ts` knows it. */
export interface StorageKind {
  /**
   * Makes the storage of a cell, or says why there can be none.
   *
   * @param zones zones of the region with the accelerator, at least one: a likely one where none is known
   */
  forCell(facts: StorageFacts, zones: readonly string[]): IWeightsStorage | NoStorage;
}

export const WEIGHTS_VOLUME = 'weights';
/** Where pods have the model's files. */
export const WEIGHTS_PATH = '/weights';
