import { createServer, IncomingMessage, request, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { AddressInfo, connect, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Certificate } from './authority';

async function listening(server: Server): Promise<number> {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/**
 * The one way out of a network: a proxy that passes connections on, to hosts that it alone can find. Each is a service of this machine that
 * is called by TLS, as the certificate says.
 */
export class ConnectProxy {
  static async start(certificate: Certificate, services: { readonly [host: string]: string }): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(certificate, services);
    proxy.tlsPort = await listening(proxy.front);
    proxy.port = await listening(proxy.server);
    return proxy;
  }

  /** Hosts with their ports that were asked for. */
  readonly asked: string[] = [];
  /** What it answers with, in the place of a connection. */
  refusal?: string;
  port = 0;
  private tlsPort = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((_, response) => response.writeHead(405).end());
  private readonly front: Server;

  private constructor(certificate: Certificate, private readonly services: { readonly [host: string]: string }) {
    this.front = createTlsServer(certificate, (incoming, answer) => {
      const { url, headers, method } = incoming;
      request(`${services[headers.host!]}${url}`, { method, headers }, (response) => {
        answer.writeHead(response.statusCode!, { ...response.headers, ...this.located(response) });
        response.pipe(answer);
      }).end();
    });
    this.server.on('connect', (incoming: IncomingMessage, client: Duplex) => this.pass(incoming.url!, client));
  }

  async stop(): Promise<void> {
    this.sockets.forEach(socket => socket.destroy());
    await Promise.all([this.server, this.front].map(server => new Promise(done => server.close(done))));
  }

  private pass(host: string, client: Duplex): void {
    this.asked.push(host);
    if (this.refusal !== undefined || !Object.hasOwn(this.services, host.replace(/:443$/, ''))) {
      client.end(`HTTP/1.1 ${this.refusal ?? '502 Bad Gateway'}\r\n\r\n`);
      return;
    }
    const service = connect(this.tlsPort, '127.0.0.1', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    this.sockets.add(service);
    [service, client].forEach(end => end.on('error', () => undefined));
    client.pipe(service).pipe(client);
  }

  /** A service sends to itself under the name that it has on this machine. */
  private located({ headers: { location } }: IncomingMessage): { location?: string } {
    const [host, url] = Object.entries(this.services).find(([, address]) => location?.startsWith(address)) ?? [];
    return host === undefined ? {} : { location: location!.replace(url!, `https://${host}`) };
  }
}
