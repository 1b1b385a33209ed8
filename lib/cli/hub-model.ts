import { createHash } from 'node:crypto';
import { sha256 } from '../common/digest';
import { isCommit } from '../common/names';
import { ExitCode, Failure } from './failure';
import { HubConnection, HubRefusal } from './hub-connection';

export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Digest of a file in large file storage. */
  readonly sha256?: string;
  /** Digest of any other file, as git makes it: sha1 of a header and the content. */
  readonly blobId?: string;
}

/** An answer that lists files is some hundred bytes for each of them. */
const LONGEST_LIST = 50_000_000;

/** A model on a hub, at one commit. */
export class HubModel {
  /** @param revision branch, tag or commit */
  static async find(hub: HubConnection, id: string, revision: string): Promise<HubModel> {
    const body = await hub.get({
      path: `/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`,
      what: `the files of ${id}`,
      mostBytes: LONGEST_LIST,
      explain: answer => refusal(hub, id, answer, `no revision ${revision}`),
      problem: list => parsed(list) === undefined ? `${hub.endpoint.origin} answers with what is no list of files` : undefined,
    });
    const { id: name, sha, gated, siblings } = parsed(body)!;
    if (name !== id) {
      throw new Failure(ExitCode.NO_INPUT, `${hub.endpoint.origin} calls ${id} by another name. Lock ${String(name)} instead`);
    }
    if (isCommit(revision) && sha !== revision) {
      throw new Failure(ExitCode.DATA, `${hub.endpoint.origin} answers for commit ${sha} when asked for ${revision}`);
    }
    return new HubModel(hub, id, sha, gated !== false && gated !== undefined, siblings.map(sibling => fileOf(id, sibling)));
  }

  private constructor(
    private readonly hub: HubConnection,
    readonly id: string,
    readonly commit: string,
    readonly gated: boolean,
    readonly files: readonly HubFile[],
  ) {}

  private readonly contents = new Map<HubFile, Promise<Buffer>>();

  /** The whole content, as the hub's own digest confirms; asked for once, however often it is read. */
  async read(file: HubFile): Promise<Buffer> {
    const content = this.contents.get(file) ?? this.get(file, file.size + 1, false, bytes => bytes.length !== file.size
      ? `${bytes.length} bytes came instead of ${file.size}`
      : isContent(file, bytes) ? undefined : 'its bytes are not those of the hub\'s digest');
    this.contents.set(file, content);
    return content;
  }

  /** So many bytes from its beginning. */
  async readBeginning(file: HubFile, bytes: number): Promise<Buffer> {
    const expected = Math.min(bytes, file.size);
    return this.get(file, expected, true, content =>
      content.length === expected ? undefined : `the connection ended after ${content.length} of ${expected} bytes`);
  }

  private get(file: HubFile, mostBytes: number, beginning: boolean, problem: (content: Buffer) => string | undefined): Promise<Buffer> {
    return this.hub.get({
      path: `/${this.id}/resolve/${this.commit}/${file.path.split('/').map(encodeURIComponent).join('/')}`,
      what: `${file.path} of ${this.id}`,
      mostBytes,
      beginning,
      explain: answer => refusal(this.hub, this.id, answer, `no ${file.path} at ${this.commit}`),
      problem,
    });
  }
}

interface Sibling {
  readonly rfilename: string;
  readonly size: number;
  readonly blobId?: string;
  readonly lfs?: { readonly sha256: string };
}

interface ModelInfo {
  readonly id: string;
  readonly sha: string;
  readonly gated?: unknown;
  readonly siblings: readonly Sibling[];
}

function parsed(body: Buffer): ModelInfo | undefined {
  try {
    const info = JSON.parse(body.toString('utf8')) as ModelInfo | null;
    return info !== null && isCommit(info.sha) && Array.isArray(info.siblings) ? info : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(id: string, { rfilename: path, size, blobId, lfs }: Sibling): HubFile {
  const known = lfs ? /^[0-9a-f]{64}$/.test(lfs.sha256) : /^[0-9a-f]{40}$/.test(blobId ?? '');
  if (typeof path !== 'string' || !Number.isSafeInteger(size) || size < 0 || !known) {
    throw new Failure(ExitCode.DATA, `the files of ${id}: the hub gives neither size nor digest of ${JSON.stringify(path)}`);
  }
  return { path, size, ...(lfs ? { sha256: lfs.sha256 } : { blobId }) };
}

function isContent({ sha256: digest, blobId }: HubFile, content: Buffer): boolean {
  return digest !== undefined
    ? sha256(content) === digest
    : createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex') === blobId;
}

function refusal({ endpoint }: HubConnection, id: string, { status, code, hasToken }: HubRefusal, lacking: string): Failure | undefined {
  const page = `${endpoint.origin}/${id}`;
  const login = 'set HF_TOKEN, or log in with \'hf auth login\'';
  if (status === 404 && code !== 'RepoNotFound') {
    return new Failure(ExitCode.NO_INPUT, code === '' ? `${endpoint.origin} knows no ${id}, or ${lacking}` : `${id} has ${lacking}. See ${page}`);
  }
  if (status === 401 && !hasToken && code === 'GatedRepo') {
    return new Failure(ExitCode.NO_PERMISSION, `${id} is gated: accept its licence at ${page}, then ${login}`);
  }
  if (status === 404 || status === 401) {
    return new Failure(code === 'RepoNotFound' ? ExitCode.NO_INPUT : ExitCode.NO_PERMISSION, hasToken
      ? `${endpoint.origin} knows no ${id} that the token may read, or the token is not valid. Check the id and the token`
      : `${endpoint.origin} knows no ${id} that everybody may read. Check the id; if it is private, ${login}`);
  }
  const notAllowed = `the account of the token may not read ${id}: accept its licence at ${page} with that account;`
    + ' a fine-grained token also needs to be allowed to read gated repositories';
  return status === 403 ? new Failure(ExitCode.NO_PERMISSION, notAllowed) : undefined;
}
