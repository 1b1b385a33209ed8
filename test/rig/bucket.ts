import { createHash, randomUUID } from 'node:crypto';
import { listed } from './bucket-list';
import { BucketFolders } from './bucket-folders';
import { crc32c } from './crc32c';
import { Answer, FaultyServer, rangeOf, SeenRequest } from './faulty-server';
import { serveStorageControl } from './storage-control';

export interface StoredObject {
  readonly content: Buffer;
  readonly generation: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly crc32c: string;
  readonly md5: string;
}

interface Session {
  readonly name: string;
  readonly query: URLSearchParams;
  readonly metadata: UploadMetadata;
  received: Buffer;
  /** What the finished upload was answered; who did not hear it asks again. */
  answer?: Answer;
}

/** Kind, bucket, object, what is done with it, and the object that it becomes. */
const PATH = new RegExp('^/(upload/|download/)?(?:resumable/)?(?:storage/v1/)?b/([^/]+)'
  + '(?:/o(?:/([^/]+)(?:/(compose|rewriteTo/b/[^/]+|moveTo)(?:/o/([^/]+))?)?)?)?$');

/** Of all objects: nothing here depends on it. */
const TIME = '2026-01-01T00:00:00Z';

/**
 * Plays Cloud Storage's JSON API for what Google's own clients ask of it: objects with generations and checksums, listing, ranges,
 * multipart and resumable uploads, preconditions. `STORAGE_EMULATOR_HOST` points the clients here.
 *
 * @see https://cloud.google.com/storage/docs/json_api/v1
 */
export class BucketServer extends FaultyServer {
  static async start(bucket = 'models', options: BucketOptions = {}): Promise<BucketServer> {
    return new BucketServer(bucket, options).listen();
  }

  readonly objects = new Map<string, StoredObject>();
  /** Of a hierarchical bucket, each with a slash at its end. */
  readonly folders?: BucketFolders;
  /** What has gone over the wire, and what soft delete keeps and bills for a week: https://cloud.google.com/storage/docs/soft-delete */
  readonly bytes = { down: 0, up: 0, softDeleted: 0 };
  /** Names of finished uploads, in order. */
  readonly uploads: string[] = [];
  /** Called when an object has been written, with what was stored. */
  onUpload?: (name: string, stored: StoredObject) => void;
  private readonly endControl: () => void = () => undefined;
  private readonly sessions = new Map<string, Session>();
  private lastGeneration = 1_700_000_000_000_000;

  private constructor(readonly bucket: string, { hierarchical }: BucketOptions) {
    super();
    if (hierarchical) {
      this.folders = new BucketFolders(this.objects);
      this.endControl = serveStorageControl(this.server, bucket, this.folders);
    }
  }

  override async stop(): Promise<void> {
    this.endControl();
    await super.stop();
  }

  put(name: string, content: Buffer | string, metadata: Readonly<Record<string, string>> = {}): StoredObject {
    const bytes = Buffer.from(content);
    const stored = {
      content: bytes, generation: ++this.lastGeneration, metadata, crc32c: crc32c(bytes), md5: createHash('md5').update(bytes).digest('base64'),
    };
    this.discard(name);
    this.objects.set(name, stored);
    this.folders?.above(name);
    return stored;
  }

  private discard(name: string): void {
    this.bytes.softDeleted += this.objects.get(name)?.content.length ?? 0;
    this.objects.delete(name);
  }

  protected answer(request: SeenRequest): Answer {
    const url = new URL(request.path, 'http://bucket');
    const match = PATH.exec(url.pathname) ?? this.xmlPath(url.pathname);
    if (!match || match[2] !== this.bucket) {
      return refused(404, 'notFound');
    }
    const [, kind, , encoded, action, target] = match;
    const name = encoded === undefined ? undefined : decodeURIComponent(encoded);
    if (kind === 'upload/') {
      return this.upload(request, url.searchParams);
    }
    if (name === undefined) {
      return url.pathname.endsWith('/o') ? this.list(url.searchParams) : json({ kind: 'storage#bucket', name: this.bucket });
    }
    if (action === 'compose') {
      return this.compose(name, request, url.searchParams);
    }
    const stored = this.objects.get(name);
    const generation = url.searchParams.get('generation') ?? url.searchParams.get('sourceGeneration');
    // 0 is the one that lives
    if (!stored || (generation !== null && generation !== '0' && generation !== `${stored.generation}`)) {
      return refused(404, 'notFound');
    }
    if (action === 'moveTo') {
      const moved = this.finish(decodeURIComponent(target), stored.content, url.searchParams, { metadata: stored.metadata });
      if (moved.status === 200) {
        this.discard(name);
      }
      return moved;
    }
    if (target !== undefined) {
      return this.rewrite(stored, decodeURIComponent(target), url.searchParams);
    }
    if (!this.holds(name, url.searchParams)) {
      return refused(412, 'conditionNotMet');
    }
    if (request.method === 'DELETE') {
      this.discard(name);
      return { status: 204 };
    }
    if (request.method === 'PATCH') {
      const { metadata } = JSON.parse(request.body.toString()) as { metadata?: Record<string, string> };
      this.objects.set(name, { ...stored, metadata: { ...stored.metadata, ...metadata } });
      return json(this.resource(name));
    }
    return url.searchParams.get('alt') === 'media' || kind === 'xml' ? this.media(stored, request) : json(this.resource(name));
  }

  /** Go's client reads objects by their path: https://cloud.google.com/storage/docs/xml-api/get-object-download */
  private xmlPath(path: string): string[] | undefined {
    const prefix = `/${this.bucket}/`;
    return path.startsWith(prefix) ? ['', 'xml', this.bucket, path.slice(prefix.length)] : undefined;
  }

  private compose(name: string, request: SeenRequest, query: URLSearchParams): Answer {
    const { sourceObjects, destination } = JSON.parse(request.body.toString()) as ComposeRequest;
    const sources = sourceObjects.map(source => this.objects.get(source.name));
    if (sources.some((source, i) => !source || `${source.generation}` !== (sourceObjects[i].generation ?? `${source.generation}`))) {
      return refused(404, 'notFound');
    }
    const content = Buffer.concat(sources.map(source => source!.content));
    return this.finish(name, content, query, { metadata: destination?.metadata });
  }

  /** In two calls, as it is for what is large: the first gives a token only. */
  private rewrite({ content, metadata }: StoredObject, target: string, query: URLSearchParams): Answer {
    const size = { kind: 'storage#rewriteResponse', objectSize: `${content.length}` };
    if (query.get('rewriteToken') === null) {
      return json({ ...size, totalBytesRewritten: '0', done: false, rewriteToken: 'again' });
    }
    const answer = this.finish(target, content, query, { metadata });
    return answer.status === 200
      ? json({ ...size, totalBytesRewritten: `${content.length}`, done: true, resource: this.resource(target) })
      : answer;
  }

  private media({ content, generation, crc32c, md5 }: StoredObject, request: SeenRequest): Answer {
    const headers = {
      'content-type': 'application/octet-stream', 'x-goog-generation': `${generation}`, 'x-goog-metageneration': '1',
      'x-goog-hash': `crc32c=${crc32c},md5=${md5}`, 'x-goog-stored-content-length': `${content.length}`,
    };
    const range = rangeOf(request.headers.range, content.length);
    this.bytes.down += range ? Math.max(0, range.end - range.start) : content.length;
    if (!range) {
      return { status: 200, headers, body: content };
    }
    if (range.start >= content.length) {
      return { status: 416, headers: { ...headers, 'content-range': `bytes */${content.length}` } };
    }
    return {
      status: 206, headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end - 1}/${content.length}` },
      body: content.subarray(range.start, range.end),
    };
  }

  private upload(request: SeenRequest, query: URLSearchParams): Answer {
    this.bytes.up += request.body.length;
    if (request.method === 'PUT') {
      return this.resume(request, query.get('upload_id')!);
    }
    if (request.method === 'DELETE') {
      // https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload
      return this.sessions.delete(query.get('upload_id')!) ? { status: 499 } : refused(404, 'notFound');
    }
    const type = request.headers['content-type'] ?? '';
    if (query.get('uploadType') === 'multipart') {
      const { metadata, content } = partsOf(request.body, /boundary="?([^";]+)/.exec(type)![1]);
      return this.finish(metadata.name ?? query.get('name')!, content, query, metadata);
    }
    if (query.get('uploadType') === 'media') {
      return this.finish(query.get('name')!, request.body, query, {});
    }
    const metadata = request.body.length > 0 ? JSON.parse(request.body.toString()) as UploadMetadata : {};
    const id = randomUUID();
    this.sessions.set(id, { name: metadata.name ?? query.get('name')!, query, metadata, received: Buffer.alloc(0) });
    const location = `${this.url}/upload/storage/v1/b/${this.bucket}/o?uploadType=resumable&upload_id=${id}`;
    return { status: 200, headers: { location, 'x-guploader-uploadid': id } };
  }

  private resume(request: SeenRequest, id: string): Answer {
    const session = this.sessions.get(id);
    if (!session) {
      return refused(404, 'notFound');
    }
    if (session.answer) {
      return session.answer;
    }
    const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '');
    if (match?.[1] !== undefined) {
      session.received = Buffer.concat([session.received.subarray(0, Number(match[1])), request.body]);
    } else if (!match) {
      session.received = request.body;
    }
    const total = match && match[2] !== '*' ? Number(match[2]) : match ? Infinity : session.received.length;
    if (session.received.length < total) {
      const last = session.received.length - 1;
      const range: Record<string, string> = last >= 0 ? { range: `bytes=0-${last}` } : {};
      // Go's client takes 308 for a redirect, and asks for another status
      return request.headers['x-guploader-no-308'] === 'yes'
        ? { status: 200, headers: { ...range, 'x-http-status-code-override': '308' } }
        : { status: 308, headers: range };
    }
    const crc = /crc32c=([^,]+)/.exec(`${request.headers['x-goog-hash'] ?? ''}`)?.[1];
    session.answer = this.finish(session.name, session.received, session.query, { ...session.metadata, ...(crc ? { crc32c: crc } : {}) });
    session.received = Buffer.alloc(0);
    return session.answer;
  }

  private finish(name: string, content: Buffer, query: URLSearchParams, metadata: UploadMetadata): Answer {
    if (!this.holds(name, query)) {
      return refused(412, 'conditionNotMet');
    }
    if (metadata.crc32c !== undefined && metadata.crc32c !== crc32c(content)) {
      return refused(400, 'invalid');
    }
    const stored = this.put(name, content, metadata.metadata);
    this.uploads.push(name);
    this.onUpload?.(name, stored);
    return json(this.resource(name));
  }

  private holds(name: string, query: URLSearchParams): boolean {
    const generation = this.objects.get(name)?.generation ?? 0;
    const wanted = query.get('ifGenerationMatch');
    return wanted === null || Number(wanted) === generation;
  }

  private list(query: URLSearchParams): Answer {
    const { prefixes, names, nextPageToken } = listed(this.objects.keys(), query, this.folders);
    return json({ kind: 'storage#objects', prefixes, items: names.map(name => this.resource(name)), nextPageToken });
  }

  private resource(name: string): object {
    const { content, generation, metadata, crc32c, md5 } = this.objects.get(name)!;
    return {
      kind: 'storage#object', id: `${this.bucket}/${name}/${generation}`, bucket: this.bucket, name, generation: `${generation}`, metageneration: '1',
      size: `${content.length}`, crc32c, md5Hash: md5, metadata, timeCreated: TIME, updated: TIME, storageClass: 'STANDARD',
      mediaLink: `${this.url}/download/storage/v1/b/${this.bucket}/o/${encodeURIComponent(name)}?alt=media&generation=${generation}`,
    };
  }
}

interface BucketOptions {
  /** Whether folders are more than a part of a name, as in the buckets of the cells. @default false */
  readonly hierarchical?: boolean;
}

interface ComposeRequest {
  readonly sourceObjects: readonly { readonly name: string; readonly generation?: string }[];
  readonly destination?: UploadMetadata;
}

interface UploadMetadata {
  readonly name?: string;
  readonly crc32c?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

function partsOf(body: Buffer, boundary: string): { readonly metadata: UploadMetadata; readonly content: Buffer } {
  const mark = Buffer.from(`--${boundary}`);
  const first = body.indexOf('\r\n\r\n') + 4;
  const second = body.indexOf(mark, first);
  const start = body.indexOf('\r\n\r\n', second) + 4;
  const end = body.lastIndexOf(mark) - 2;
  return { metadata: JSON.parse(body.subarray(first, second).toString()) as UploadMetadata, content: body.subarray(start, end) };
}

function json(value: object): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function refused(status: number, reason: string): Answer {
  return { ...json({ error: { code: status, message: reason, errors: [{ reason, message: reason }] } }), status };
}
