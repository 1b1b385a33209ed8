import { BucketFolders } from './bucket-folders';

/** Small, so that every list has several pages. */
const PAGE_OBJECTS = 4;

export interface Listed {
  /** Folders, each with a slash at its end. */
  readonly prefixes: readonly string[];
  /** Objects. */
  readonly names: readonly string[];
  readonly nextPageToken?: string;
}

/** One page of a list: https://cloud.google.com/storage/docs/json_api/v1/objects/list */
export function listed(objects: Iterable<string>, query: URLSearchParams, folders?: BucketFolders): Listed {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('pageToken') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const first = query.get('startOffset') ?? '';
  const all = new Set(objects);
  const empty = query.get('includeFoldersAsPrefixes') === 'true' ? folders?.names() ?? [] : [];
  const names = [...all, ...empty].filter(name => name.startsWith(prefix) && name >= first);
  // What lies in a folder is listed as the folder, once
  const entries = [...new Set(names.map(name => folderIn(name, prefix, delimiter) ?? name))].filter(entry => entry > after).sort();
  const page = entries.slice(0, Number(query.get('maxResults') ?? PAGE_OBJECTS));
  const isFolder = (entry: string): boolean => delimiter !== '' && entry.length > prefix.length && entry.endsWith(delimiter);
  const withObject = query.get('includeTrailingDelimiter') === 'true';
  return {
    prefixes: page.filter(isFolder),
    names: page.filter(entry => all.has(entry) && (!isFolder(entry) || withObject)),
    ...(entries.length > page.length ? { nextPageToken: page.at(-1) } : {}),
  };
}

/** The folder below a prefix that an object is in; undefined when it is in none. */
function folderIn(name: string, prefix: string, delimiter: string): string | undefined {
  const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : name.slice(0, end + delimiter.length);
}
