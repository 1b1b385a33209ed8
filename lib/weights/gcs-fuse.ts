import { Construct } from 'constructs';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { requireBucketName } from '../common/names';
import { Model } from '../catalog';
import { BUCKET_BYTES_PER_SECOND } from '../catalog/read-rates';
import { GIB, MIB } from '../common/bytes';
import { Amounts } from '../planning/node-allocatable';
import { BucketMount, toGoogleApis } from '../pods';
import { k8s } from '../pods/k8s';
import { Refusal } from '../common/refusal';
import { directoryOf } from './model-directory';
import { IWeightsStorage, StorageFacts, WEIGHTS_PATH, WEIGHTS_VOLUME, WeightsBinding, WeightsBindingProps } from './weights-binding';

/** Requests of the driver's sidecar, the cache aside. Its default of 256 MiB is too little for parallel downloads. */
const SIDECAR: Amounts = { cpuMillis: 1000, memoryBytes: 2 * GIB, ephemeralStorageBytes: 5 * GIB };

/** The files are cached whole; a little more holds what else is read. */
const CACHE_SHARE = 1.05;

/**
 * A file is fetched by as many requests at once as it has chunks, 16 at most. The default of 200 MiB leaves two to a shard of 256 MiB,
 * which then takes 4 times as long, and 50 MiB take 1.4 times as long; 16 MiB are no faster, and more requests.
 */
const CHUNK_MIB = 25;

/** Options of `WeightsStorage.gcsFuse`. */
export interface GcsFuseOptions {
  /** Name of the bucket. */
  readonly bucket: string;
  /**
   * Size of the file cache in bytes, 1 MiB or more.
   * @default - the model's weights and 5 %
   */
  readonly fileCacheBytes?: number;
  /**
   * Ephemeral storage in bytes that the driver's sidecar may use, at least that of the file cache when it is on disk.
   * @default - the file cache, when it is on disk, and 5 GiB
   */
  readonly sidecarEphemeralStorageBytes?: number;
}

/**
 * Cloud Storage FUSE, tuned for reading large files once and in parallel.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-perf
 */
export class GcsFuse implements IWeightsStorage {
  static forCell({ bucket }: StorageFacts): IWeightsStorage {
    return new GcsFuse({ bucket });
  }

  readonly id = 'gcs';
  readonly csiDrivers = [CSI_DRIVERS.bucket];
  readonly sidecar: Amounts;
  readonly bucket: string;

  constructor(private readonly options: GcsFuseOptions) {
    requireBucketName(options.bucket, 'WeightsStorage.gcsFuse: \'bucket\'');
    this.bucket = options.bucket;
    const { fileCacheBytes, sidecarEphemeralStorageBytes } = options;
    for (const [name, bytes] of Object.entries({ fileCacheBytes, sidecarEphemeralStorageBytes })) {
      if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes >= MIB)) {
        throw new Refusal(`WeightsStorage.gcsFuse: '${name}' (${bytes}) must be at least 1 MiB`);
      }
    }
    // A given amount holds the cache as well, which is counted apart: never too little for the node
    this.sidecar = { ...SIDECAR, ephemeralStorageBytes: sidecarEphemeralStorageBytes ?? SIDECAR.ephemeralStorageBytes };
  }

  cacheBytes(model: Model): number {
    return Math.ceil((this.options.fileCacheBytes ?? model.weightsBytes * CACHE_SHARE) / MIB) * MIB;
  }

  bytesPerSecond(): number {
    return BUCKET_BYTES_PER_SECOND;
  }

  bind(scope: Construct, props: WeightsBindingProps): WeightsBinding {
    const cacheMib = this.cacheBytes(props.model) / MIB;
    const inMemory = props.cacheMedium === 'memory';
    const ephemeralMib = this.ephemeralStorageBytes(inMemory ? 0 : this.cacheBytes(props.model)) / MIB;
    const memoryMib = (SIDECAR.memoryBytes / MIB) + (inMemory ? cacheMib : 0);
    const mounted = new BucketMount({
      bucket: this.bucket, volume: WEIGHTS_VOLUME, mountPath: WEIGHTS_PATH, readOnly: true,
      folder: { what: 'WeightsStorage.gcsFuse: \'id\' and \'revision\' of the model', path: directoryOf(props.model) },
      options: this.mountOptions(cacheMib),
      sidecar: { cpu: `${SIDECAR.cpuMillis}m`, memory: `${memoryMib}Mi`, ephemeralStorage: `${ephemeralMib}Mi` },
    });
    return {
      volume: mounted.volume,
      volumes: inMemory
        ? [{ name: 'gke-gcsfuse-cache', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString(`${cacheMib}Mi`) } }]
        : [],
      podAnnotations: mounted.podAnnotations,
      egress: toGoogleApis(scope),
    };
  }

  private ephemeralStorageBytes(cacheOnDisk: number): number {
    const given = this.options.sidecarEphemeralStorageBytes;
    if (given !== undefined && given <= cacheOnDisk) {
      throw new Refusal(`WeightsStorage.gcsFuse: the file cache of ${cacheOnDisk / MIB} MiB is not below the sidecar's ephemeral storage of`
        + ` ${given / MIB} MiB, which would evict the pod. Leave sidecarEphemeralStorageBytes out, or use at least`
        + ` ${cacheOnDisk + SIDECAR.ephemeralStorageBytes}`);
    }
    return Math.ceil((given ?? cacheOnDisk + SIDECAR.ephemeralStorageBytes) / MIB) * MIB;
  }

  /**
   * A listing is never kept by the kernel: a server that looks before the weights are complete would see them so for as long as it lives.
   *
   * @see https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md and `gcsfuse --help`
   */
  private mountOptions(cacheMib: number): string[] {
    return [
      'metadata-cache:ttl-secs:-1',
      'metadata-cache:stat-cache-max-size-mb:-1',
      'metadata-cache:negative-ttl-secs:0',
      `file-cache:max-size-mb:${cacheMib}`,
      'file-cache:cache-file-for-range-read:true',
      'file-cache:enable-parallel-downloads:true',
      `file-cache:download-chunk-size-mb:${CHUNK_MIB}`,
      'read_ahead_kb=1024',
    ];
  }
}
