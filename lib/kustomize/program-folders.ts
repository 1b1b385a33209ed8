import { isDeepStrictEqual } from 'node:util';
import { digestOf } from '../common/digest';
import { SharedFiles } from '../common/shared-files';
import { fileNameOf, kustomizationOf, Manifest } from './manifests/manifest';
import { appliedSize } from './manifests/manifest-checks';

/** The folder beside the cells that keeps each program once. */
export const PROGRAMS = 'programs';
/** Name of a ConfigMap of programs before a unit prefixes it. */
const BASE_NAME = 'programs';

/**
 * Keeps the files of ConfigMaps that many units hold alike once, below `programs/`. Each unit has an overlay that gives them its own
 * name, so that the object in the cluster stays the unit's own: a unit applies alone, and taking it away takes nothing of another.
 */
export class ProgramFolders {
  private readonly names = new Map<SharedFiles['data'], { readonly name: string; readonly beside: SharedFiles['beside'] }[]>();
  private readonly sizes = new Map<SharedFiles['data'], number>();
  private readonly taken = new Set<string>();

  /** @param files gets what is written, by path below the output folder */
  constructor(private readonly files: Map<string, Buffer>) {}

  /**
   * Whether an overlay makes exactly this object: a ConfigMap with the files as its data, a name that a prefix makes, and nothing else. A
   * user may have patched it since it was marked.
   */
  static holds({ apiVersion, kind, metadata, data, ...rest }: Manifest, shared: SharedFiles): boolean {
    const others = [...Object.keys(rest), ...Object.keys(metadata).filter(key => !['name', 'namespace', 'labels'].includes(key))];
    return `${apiVersion} ${kind}` === 'v1 ConfigMap' && others.length === 0 && metadata.name.endsWith(`-${BASE_NAME}`)
      && isDeepStrictEqual(data, shared.data);
  }

  /**
   * What data takes in the annotation of `kubectl apply`, once a unit has it; undefined before. So it is written and checked once, and of
   * the next ConfigMaps that have it only the rest is.
   */
  sizeOf({ data }: SharedFiles): number | undefined {
    return this.sizes.get(data);
  }

  /** Adds a unit's overlay and, when nobody has it yet, the folder of the files. Returns what the unit's kustomization names. */
  add(manifest: Manifest, shared: SharedFiles, unitFolder: string): string {
    const overlay = fileNameOf(manifest).replace(/\.yaml$/, '');
    const { name, namespace, labels, annotations } = manifest.metadata;
    const up = '../'.repeat(unitFolder.split('/').length + 1);
    this.files.set(`${unitFolder}/${overlay}/kustomization.yaml`, Buffer.from(kustomizationOf([`${up}${PROGRAMS}/${this.folderOf(shared)}`], {
      namespace, namePrefix: name.slice(0, -BASE_NAME.length), ...(labels ? { labels: [{ pairs: labels }] } : {}),
      ...(annotations ? { commonAnnotations: annotations } : {}),
    })));
    return overlay;
  }

  private folderOf(shared: SharedFiles): string {
    const { folder, data, beside = {} } = shared;
    const known = this.names.get(data) ?? [];
    const same = known.find(other => isDeepStrictEqual(other.beside, beside));
    if (same) {
      return same.name;
    }
    // Two releases of a program in one app: the first has the plain name.
    const name = this.taken.has(folder) ? `${folder}-${digestOf(JSON.stringify([data, shared.beside]), 8)}` : folder;
    this.taken.add(name);
    this.names.set(data, [...known, { name, beside }]);
    this.sizes.set(data, appliedSize(data));
    for (const [file, text] of Object.entries({ ...data, ...beside })) {
      this.files.set(`${PROGRAMS}/${name}/${file}`, Buffer.from(text));
    }
    this.files.set(`${PROGRAMS}/${name}/kustomization.yaml`, Buffer.from(kustomizationOf(undefined, {
      // A name that changes with the content would be another object, and the pods say by an annotation which content they have.
      generatorOptions: { disableNameSuffixHash: true },
      configMapGenerator: [{ name: BASE_NAME, files: Object.keys(data).sort() }],
    })));
    return name;
  }
}
