import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';

/** An HTTP server on the loopback interface that stands for another one. */
export abstract class LoopbackServer {
  protected readonly server: Server = createServer((request, response) => void this.begin(request, response));

  async listen(): Promise<this> {
    await new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  protected abstract serve(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;

  private async begin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away in the middle is part of what is tried.
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) {
        chunks.push(chunk as Buffer);
      }
    } catch {
      return;
    }
    await this.serve(request, Buffer.concat(chunks), response);
  }
}
