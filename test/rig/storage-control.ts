import { createServer, ServerHttp2Stream } from 'node:http2';
import { Server, Socket } from 'node:net';
import { BucketFolders, FolderFault } from './bucket-folders';

/** What a connection of HTTP/2 begins with. */
const PREFACE = 'PRI';
const SERVICE = '/google.storage.control.v2.StorageControl/';

/** The fields of the requests that are read here, by their numbers in the protocol's file. */
const FIELDS: { readonly [call: string]: { readonly name: number; readonly target?: number } } = {
  GetStorageLayout: { name: 1 }, GetFolder: { name: 6 }, CreateFolder: { name: 3 }, DeleteFolder: { name: 6 },
  RenameFolder: { name: 7, target: 8 },
};

/**
 * Plays, on the port of a bucket, the calls of the Storage Control API that a client of a hierarchical bucket makes: gRPC, without TLS.
 *
 * @returns what ends the connections, of which the server itself knows only those of HTTP/1
 * @see https://cloud.google.com/storage/docs/reference/rpc/google.storage.control.v2
 */
export function serveStorageControl(server: Server, bucket: string, folders: BucketFolders): () => void {
  const sockets = new Set<Socket>();
  const grpc = createServer();
  grpc.on('stream', (stream, headers) => void answer(stream, `${headers[':path']}`, bucket, folders));
  const http = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', (first) => {
      socket.pause();
      socket.unshift(first);
      if (first.toString('latin1').startsWith(PREFACE)) {
        grpc.emit('connection', socket);
      } else {
        http.forEach(listener => listener.call(server, socket));
      }
      process.nextTick(() => socket.resume());
    });
  });
  return () => sockets.forEach(socket => socket.destroy());
}

async function answer(stream: ServerHttp2Stream, path: string, bucket: string, folders: BucketFolders): Promise<void> {
  const chunks: Buffer[] = [];
  stream.on('error', () => undefined);
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }
  const call = path.slice(SERVICE.length);
  const { name: field, target } = FIELDS[call];
  // A byte and the length come before the message.
  const fields = fieldsOf(Buffer.concat(chunks).subarray(5));
  const name = folderOf(fields.get(field)!);
  const fault = call === 'GetFolder' ? folders.get(name)
    : call === 'CreateFolder' ? folders.create(name)
      : call === 'DeleteFolder' ? folders.delete(name)
        : call === 'RenameFolder' ? folders.rename(name, folderOf(fields.get(target!)!)) : undefined;
  const message = call === 'GetStorageLayout' ? layout(bucket)
    : call === 'DeleteFolder' ? Buffer.alloc(0)
      : call === 'RenameFolder' ? renamed(bucket, folderOf(fields.get(target!)!)) : folder(bucket, name);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(fault === undefined ? { 'grpc-status': '0' }
    : { 'grpc-status': `${fault}`, 'grpc-message': FolderFault[fault] }));
  stream.end(fault === undefined ? Buffer.concat([Buffer.from([0]), uint32(message.length), message]) : undefined);
}

/** `projects/_/buckets/BUCKET/folders/FOLDER/` or the folder alone, with a slash at its end. */
function folderOf(value: Buffer): string {
  return `${value.toString().replace(/^projects\/_\/buckets\/[^/]+\/(folders\/)?/, '').replace(/\/$/, '')}/`;
}

function layout(bucket: string): Buffer {
  const hierarchical = Buffer.from([0x08, 1]);
  return Buffer.concat([text(1, `projects/_/buckets/${bucket}/storageLayout`), text(2, 'us-central1'), text(3, 'region'), bytes(5, hierarchical)]);
}

function folder(bucket: string, name: string): Buffer {
  return Buffer.concat([text(1, `projects/_/buckets/${bucket}/folders/${name}`), Buffer.from([3 << 3, 1])]);
}

/** A long-running operation that is done. */
function renamed(bucket: string, name: string): Buffer {
  const any = Buffer.concat([text(1, 'type.googleapis.com/google.storage.control.v2.Folder'), bytes(2, folder(bucket, name))]);
  return Buffer.concat([text(1, `projects/_/buckets/${bucket}/operations/rename`), Buffer.from([3 << 3, 1]), bytes(5, any)]);
}

// https://protobuf.dev/programming-guides/encoding

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field << 3 | 2]), varint(value.length), value]);
}

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([value & 127 | 128]), varint(value >> 7)]);
}

function uint32(value: number): Buffer {
  const written = Buffer.alloc(4);
  written.writeUInt32BE(value);
  return written;
}

/** The texts and messages of a message by their field; numbers are passed over. */
function fieldsOf(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) {
        return value;
      }
    }
  };
  while (at < message.length) {
    const key = number();
    const length = number();
    if ((key & 7) === 2) {
      found.set(key >> 3, message.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}
