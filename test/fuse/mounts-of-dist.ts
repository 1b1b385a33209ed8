import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CSI_DRIVERS } from '../../lib/common/csi-drivers';

/** A mount of a bucket as it stands in a manifest. */
export interface MountOfDist {
  readonly mountOptions: string;
  readonly readOnly: boolean;
  /** The manifest that has it, one of those that do. */
  readonly file: string;
}

/** Each mount of a bucket in `dist`, those with the same options once. */
export function mountsOfDist(dist = join(__dirname, '..', '..', 'dist', 'kustomize')): MountOfDist[] {
  const found = new Map<string, MountOfDist>();
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.yaml')).sort()) {
    for (const { volumeAttributes, readOnly = false } of parseAllDocuments(readFileSync(join(dist, name), 'utf8')).flatMap(it => bucketsIn(it.toJS()))) {
      found.set(volumeAttributes.mountOptions, { mountOptions: volumeAttributes.mountOptions, readOnly, file: name });
    }
  }
  return [...found.values()];
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
