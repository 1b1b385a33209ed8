/** Why a call about a folder has no answer: https://grpc.io/docs/guides/status-codes */
export enum FolderFault {
  NOT_FOUND = 5,
  ALREADY_EXISTS = 6,
  FAILED_PRECONDITION = 9,
}

/** The folders of a hierarchical bucket: https://cloud.google.com/storage/docs/hns-overview */
export class BucketFolders {
  private readonly there = new Set<string>();

  constructor(private readonly objects: Map<string, unknown>) {}

  names(): string[] {
    return [...this.there];
  }

  /** Makes the folders that an object, or a folder, is in. */
  above(name: string): void {
    for (let end = name.indexOf('/'); end >= 0 && end < name.length - 1; end = name.indexOf('/', end + 1)) {
      this.there.add(name.slice(0, end + 1));
    }
  }

  get(folder: string): FolderFault | undefined {
    return this.there.has(folder) ? undefined : FolderFault.NOT_FOUND;
  }

  create(folder: string): FolderFault | undefined {
    if (this.there.has(folder)) {
      return FolderFault.ALREADY_EXISTS;
    }
    this.above(folder);
    this.there.add(folder);
    return undefined;
  }

  delete(folder: string): FolderFault | undefined {
    if (this.inside(folder, this.objects.keys()).length > 0 || this.inside(folder, this.there).length > 0) {
      return FolderFault.FAILED_PRECONDITION;
    }
    return this.there.delete(folder) ? undefined : FolderFault.NOT_FOUND;
  }

  /** With all that is in it, at once. */
  rename(folder: string, target: string): FolderFault | undefined {
    if (!this.there.has(folder)) {
      return FolderFault.NOT_FOUND;
    }
    const fault = this.create(target);
    if (fault === undefined) {
      this.there.delete(folder);
      for (const name of this.inside(folder, this.there)) {
        this.there.delete(name);
        this.there.add(target + name.slice(folder.length));
      }
      for (const name of this.inside(folder, this.objects.keys())) {
        this.objects.set(target + name.slice(folder.length), this.objects.get(name));
        this.objects.delete(name);
      }
    }
    return fault;
  }

  private inside(folder: string, names: Iterable<string>): string[] {
    return [...names].filter(name => name.startsWith(folder) && name !== folder);
  }
}
