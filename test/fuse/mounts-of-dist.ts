import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { parseBytes } from '../cluster/quantity';
import { CSI_DRIVERS } from '../../lib/common/csi-drivers';

/** A mount of a bucket as it stands in a manifest. */
export interface MountOfDist {
  readonly mountOptions: string;
  readonly readOnly: boolean;
  /** Folder of the bucket that it shows. */
  readonly folder: string;
  /** The manifest that has it, one of those that do. */
  readonly file: string;
  /** `namespace/name` of the account of its pod. */
  readonly account: string;
  /** Bytes of memory that the sidecar may use, for all mounts of the pod. */
  readonly sidecarBytes: number;
}

/** Each mount of a bucket in `dist`, those with the same options and the same access once. */
export function mountsOfDist(dist = join(__dirname, '..', '..', 'dist', 'kustomize')): MountOfDist[] {
  const found = new Map<string, MountOfDist>();
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.yaml')).sort()) {
    for (const document of parseAllDocuments(readFileSync(join(dist, name), 'utf8'))) {
      const manifest = document.toJS() as Manifest;
      for (const { volumeAttributes: { mountOptions }, readOnly = false } of bucketsIn(manifest)) {
        const folder = /only-dir=([^,]+)/.exec(mountOptions)?.[1] ?? '';
        const account = `${manifest.metadata.namespace}/${manifest.spec.template.spec.serviceAccountName}`;
        const sidecarBytes = parseBytes(manifest.spec.template.metadata.annotations['gke-gcsfuse/memory-limit']);
        found.set(`${mountOptions} ${readOnly}`, { mountOptions, readOnly, folder, file: name, account, sidecarBytes });
      }
    }
  }
  return [...found.values()];
}

interface Manifest {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: { readonly [name: string]: string } };
      readonly spec: { readonly serviceAccountName: string };
    };
  };
}

interface Csi {
  readonly driver?: string;
  readonly readOnly?: boolean;
  readonly volumeAttributes: { readonly mountOptions: string };
}

function bucketsIn(value: unknown): Csi[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const own = value as Csi;
  return own.driver === CSI_DRIVERS.bucket && own.volumeAttributes !== undefined ? [own] : Object.values(value).flatMap(bucketsIn);
}
