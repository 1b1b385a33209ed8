import { createHash } from 'node:crypto';
import { Answer, FaultyServer, rangeOf, SeenRequest } from './faulty-server';
import { sha256 } from './sha256';

export interface HubModel {
  /** 40 hex digits: what `main` is. */
  commit: string;
  readonly files: ReadonlyMap<string, Buffer>;
  /**
   * A token without which the files are refused.
   * @default - anyone may read
   */
  readonly token?: string;
}

/** From here on the hub keeps a file in its large file storage, and knows its sha256. */
const LARGE_BYTES = 1024;

/** The digest of git, which the hub gives for small files. */
function gitBlob(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function isLarge(path: string, content: Buffer): boolean {
  return content.length >= LARGE_BYTES || /\.(?:safetensors|bin|gguf|pt|pth)$/.test(path);
}

/**
 * Plays the Hugging Face hub for what its own client asks of it when it reads models. `HF_ENDPOINT` points the client here.
 *
 * @see https://huggingface.co/docs/hub/api
 */
export class HubServer extends FaultyServer {
  static async start(models: Readonly<Record<string, HubModel>>): Promise<HubServer> {
    return new HubServer(models).listen();
  }

  private constructor(readonly models: Readonly<Record<string, HubModel>>) {
    super();
  }

  protected answer(request: SeenRequest): Answer {
    const { pathname } = new URL(request.path, 'http://hub');
    const api = /^\/api\/models\/([^/]+\/[^/]+)(?:\/(revision|tree)\/([^/]+)(?:\/.*)?)?$/.exec(pathname);
    if (api) {
      const [, id, kind, revision] = api;
      return this.withModel(id, revision, request, model => json(kind === 'tree' ? tree(model) : info(id, model)));
    }
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? /^\/cdn\/([^/]+\/[^/]+)\/([^/]+)\/(.+)$/.exec(pathname);
    if (file) {
      const [, id, revision, path] = file;
      return this.withModel(id, decodeURIComponent(revision), request, model => this.file(request, id, model, decodeURIComponent(path)));
    }
    return refused(404, 'Not Found', 'Not Found');
  }

  private withModel(id: string, revision: string | undefined, request: SeenRequest, answer: (model: HubModel) => Answer): Answer {
    const model = this.models[id];
    if (!model) {
      return refused(401, 'RepoNotFound', 'Invalid username or password.');
    }
    // what is large is fetched by a link that carries its own permission
    const open = request.path.startsWith('/cdn/');
    if (model.token !== undefined && !open && request.headers.authorization !== `Bearer ${model.token}`) {
      return request.headers.authorization === undefined
        ? refused(401, 'GatedRepo', `Access to model ${id} is restricted.`)
        : refused(403, 'GatedRepo', `Access to model ${id} is restricted and you are not in the authorized list.`);
    }
    return revision !== undefined && revision !== 'main' && revision !== model.commit
      ? refused(404, 'RevisionNotFound', `Invalid rev id: ${revision}`)
      : answer(model);
  }

  private file(request: SeenRequest, id: string, model: HubModel, path: string): Answer {
    const content = model.files.get(path);
    if (!content) {
      return refused(404, 'EntryNotFound', 'Entry not found');
    }
    const large = isLarge(path, content);
    const etag = large ? sha256(content) : gitBlob(content);
    const headers = { 'x-repo-commit': model.commit, 'accept-ranges': 'bytes', etag: `"${etag}"` };
    if (large && !request.path.startsWith('/cdn/')) {
      return {
        status: 302, headers: {
          ...headers, 'x-linked-etag': `"${etag}"`, 'x-linked-size': `${content.length}`,
          // another host, which must not see the token
          location: `${this.url.replace('127.0.0.1', 'localhost')}/cdn/${id}/${model.commit}/${encodeURIComponent(path)}`,
        },
      };
    }
    const range = rangeOf(request.headers.range, content.length);
    if (range && range.start >= content.length) {
      return { status: 416, headers: { ...headers, 'content-range': `bytes */${content.length}` } };
    }
    const body = range ? content.subarray(range.start, range.end) : content;
    const contentRange = range && { 'content-range': `bytes ${range.start}-${range.end - 1}/${content.length}` };
    return {
      status: range ? 206 : 200,
      headers: { ...headers, ...contentRange, ...(request.method === 'HEAD' ? { 'content-length': `${body.length}` } : {}) },
      body,
    };
  }
}

function entries({ files }: HubModel): { path: string; content: Buffer; lfs?: { size: number; sha256: string } }[] {
  return [...files].map(([path, content]) => ({
    path, content, ...(isLarge(path, content) ? { lfs: { size: content.length, sha256: sha256(content) } } : {}),
  }));
}

function info(id: string, model: HubModel): object {
  return {
    _id: '0', id, modelId: id, sha: model.commit, private: false, gated: model.token === undefined ? false : 'manual', disabled: false, tags: [],
    siblings: entries(model).map(({ path, content, lfs }) => ({
      rfilename: path, size: content.length, blobId: gitBlob(content), ...(lfs ? { lfs: { ...lfs, pointerSize: 134 } } : {}),
    })),
  };
}

function tree(model: HubModel): object[] {
  return entries(model).map(({ path, content, lfs }) => ({
    type: 'file', path, size: content.length, oid: gitBlob(content), ...(lfs ? { lfs: { oid: lfs.sha256, size: lfs.size, pointerSize: 134 } } : {}),
  }));
}

function json(value: object): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** The client tells its errors apart by the header. */
function refused(status: number, code: string, message: string): Answer {
  return { ...json({ error: message }), status, headers: { 'content-type': 'application/json', 'x-error-code': code, 'x-error-message': message } };
}
