import { StorageAnywhereCache } from '@cdktf/provider-google/lib/storage-anywhere-cache';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { IResolvable, Op } from 'cdktf';
import { Construct } from 'constructs';
import { Refusal, refusing } from '../common/refusal';
import { requireBucketName, requireCount, requireZones } from './checks';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

const PREFIXES_A_RULE = 50;
const PUBLIC_ACCESS = ['enforced', 'inherited'];

/** Props of `ModelBucket`. */
export interface ModelBucketProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Name of the bucket, as the cells have it. */
  readonly name: string;
  /**
   * Zones of a cache beside the nodes, which costs.
   * @default - none
   */
  readonly anywhereCacheZones?: readonly string[];
  /**
   * Folders that pods mount and write: what a killed mount leaves in them is cleared.
   * @default - none
   */
  readonly writtenFolders?: readonly string[];
  /**
   * Days that what is deleted or replaced can be brought back and is paid for, 0 (not at all) or from 7 to 90. A batch replaces its
   * records again and again: a megabyte of them can leave 60 behind.
   * @default 7
   */
  readonly softDeleteDays?: number;
  /**
   * Whether Terraform refuses to destroy the bucket with all that is in it.
   * @default true
   */
  readonly deletionProtection?: boolean | IResolvable;
}

/**
 * The bucket of the weights: folders of its own (hierarchical namespace, which loads faster), no access but by IAM, never public.
 *
 * @throws on what is no bucket name, and on zones outside the region
 * @see https://cloud.google.com/storage/docs/hns-overview
 */
export class ModelBucket extends Construct {
  /** Name of the bucket. */
  readonly name: string;
  /** The bucket, for patches. */
  readonly bucket: StorageBucket;

  constructor(scope: Construct, id: string, props: ModelBucketProps) {
    super(scope, id);
    requirePropsOf(this, 'ModelBucketProps', props);
    const { project } = props;
    this.name = refusing(this, () => requireBucketName('name', props.name));
    const { days, zones } = refusing(this, () => ({
      days: softDeleteDays(props.softDeleteDays ?? 7),
      zones: props.anywhereCacheZones === undefined ? [] : requireZones('anywhereCacheZones', props.anywhereCacheZones, project.region),
    }));
    this.bucket = new StorageBucket(this, 'Resource', {
      project: project.id, name: this.name, location: project.region, storageClass: 'STANDARD',
      forceDestroy: props.deletionProtection === undefined ? false : Op.not(props.deletionProtection),
      // The second goes with the first only: https://cloud.google.com/storage/docs/create-hns-bucket
      hierarchicalNamespace: { enabled: true },
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      softDeletePolicy: { retentionDurationSeconds: days * 24 * 3600 },
      // What a killed upload, and a killed mount between two calls, leave behind is paid for and never read.
      lifecycleRule: [
        { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
        ...temporaryObjects(props.writtenFolders ?? []).map(matchesPrefix =>
          ({ action: { type: 'Delete' }, condition: { age: 7, matchesPrefix } })),
      ],
      dependsOn: project.apis('storage'),
    });
    this.bucket.node.addValidation({ validate: () => contradictions(this.bucket) });
    zones.forEach(zone => new StorageAnywhereCache(this, `Cache-${zone}`, {
      bucket: this.bucket.name, zone, ttl: '86400s', admissionPolicy: 'admit-on-first-miss',
    }));
  }
}

/** Where Cloud Storage FUSE keeps what it composes: at the root of each mount. https://cloud.google.com/storage/docs/lifecycle#matchesprefix-suffix */
function temporaryObjects(folders: readonly string[]): string[][] {
  const prefixes = ['', ...new Set(folders.map(folder => `${folder}/`))].map(folder => `${folder}.gcsfuse_tmp/`);
  return Array.from({ length: Math.ceil(prefixes.length / PREFIXES_A_RULE) }, (_, rule) =>
    prefixes.slice(rule * PREFIXES_A_RULE, (rule + 1) * PREFIXES_A_RULE));
}

/** https://cloud.google.com/storage/docs/soft-delete */
function softDeleteDays(days: number): number {
  if (days > 0 && days < 7) {
    throw new Refusal(`'softDeleteDays' (${days}) must be 0, which switches it off, or a whole number from 7 to 90`);
  }
  return days === 0 ? days : requireCount('softDeleteDays', days, 7, 90);
}

/** What Terraform plans without a word and Cloud Storage refuses, when a resource is changed after it was made. */
function contradictions(bucket: StorageBucket): string[] {
  const { publicAccessPreventionInput: prevention, uniformBucketLevelAccessInput: uniform, hierarchicalNamespaceInput: folders } = bucket;
  return [
    ...(folders?.enabled === true && uniform !== true
      ? ['\'hierarchicalNamespace\' needs \'uniformBucketLevelAccess\'; set it to true'] : []),
    ...(prevention !== undefined && !PUBLIC_ACCESS.includes(prevention)
      ? [`'publicAccessPrevention' (${prevention}) must be one of ${PUBLIC_ACCESS.join(', ')}`] : []),
  ];
}
