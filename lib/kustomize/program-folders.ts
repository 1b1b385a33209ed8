import { createHash } from 'node:crypto';
import { SharedFiles } from '../common/shared-files';
import { fileNameOf, kustomizationOf, Manifest } from './manifests/manifest';

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
  private readonly taken = new Set<string>();

  /** @param files gets what is written, by path below the output folder */
  constructor(private readonly files: Map<string, Buffer>) {}

  /** Whether the object can be made by an overlay: it is a ConfigMap with the files as its data, and has a name that a prefix makes. */
  static holds({ kind, metadata }: Manifest): boolean {
    const said = Object.keys(metadata).filter(key => !['name', 'namespace', 'labels'].includes(key));
    return kind === 'ConfigMap' && said.length === 0 && metadata.name.endsWith(`-${BASE_NAME}`);
  }

  /** Adds a unit's overlay and, when nobody has it yet, the folder of the files. Returns what the unit's kustomization names. */
  add(manifest: Manifest, shared: SharedFiles, unitFolder: string): string {
    const overlay = fileNameOf(manifest).replace(/\.yaml$/, '');
    const { name, namespace, labels } = manifest.metadata;
    const up = '../'.repeat(unitFolder.split('/').length + 1);
    this.files.set(`${unitFolder}/${overlay}/kustomization.yaml`, Buffer.from(kustomizationOf([`${up}${PROGRAMS}/${this.folderOf(shared)}`], {
      namespace, namePrefix: name.slice(0, -BASE_NAME.length), ...(labels ? { labels: [{ pairs: labels }] } : {}),
    })));
    return overlay;
  }

  private folderOf(shared: SharedFiles): string {
    const { folder, data, beside = {} } = shared;
    const known = this.names.get(data) ?? [];
    const same = known.find(other => isSame(other.beside ?? {}, beside));
    if (same) {
      return same.name;
    }
    // Two releases of a program in one app: the first has the plain name.
    const name = this.taken.has(folder) ? `${folder}-${digestOf(shared)}` : folder;
    this.taken.add(name);
    this.names.set(data, [...known, { name, beside }]);
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

function isSame(one: { readonly [file: string]: string }, other: { readonly [file: string]: string }): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every(name => one[name] === other[name]);
}

function digestOf({ data, beside }: SharedFiles): string {
  return createHash('sha256').update(JSON.stringify([data, beside])).digest('hex').slice(0, 8);
}
