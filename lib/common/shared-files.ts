/** Files that ConfigMaps of several units hold alike, so that what writes the units can keep them once. */
export interface SharedFiles {
  /** Name of the folder that keeps them. */
  readonly folder: string;
  /** What the ConfigMap holds, by file name. */
  readonly data: { readonly [fileName: string]: string };
  /** What is kept beside them and is not mounted, such as a Dockerfile. */
  readonly beside?: { readonly [fileName: string]: string };
}

const shared = new WeakMap<object, SharedFiles>();

/** Marks a ConfigMap as one whose data is that of the files. */
export function shareFiles(configMap: object, files: SharedFiles): void {
  shared.set(configMap, files);
}

/** The files whose content a ConfigMap has, if it was marked. */
export function sharedFilesOf(configMap: object): SharedFiles | undefined {
  return shared.get(configMap);
}
