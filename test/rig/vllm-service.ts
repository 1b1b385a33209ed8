import { AddressInfo, Server, Socket, connect, createServer } from 'node:net';

/** A node's proxy learns of a change some seconds late; a load balancer's more. */
export const PROPAGATION_SECONDS = 8;

/**
 * Stands for a Kubernetes Service: new connections go to its endpoints in turn, existing ones stay where they are, and one that no
 * endpoint takes is reset, as kube-proxy does.
 */
export class ServiceProxy {
  static async start(...ports: number[]): Promise<ServiceProxy> {
    const service = new ServiceProxy(ports);
    await new Promise<void>(resolve => service.server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private turn = 0;

  private constructor(private ports: number[]) {
    this.server = createServer({ allowHalfOpen: true }, client => this.route(client));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** A pod became ready. */
  add(port: number): void {
    this.ports = [...this.ports, port];
  }

  /** A pod is being deleted: the proxies go on routing to it until they have heard of it. */
  remove(port: number): void {
    this.timers.add(setTimeout(() => { this.ports = this.ports.filter(other => other !== port); }, PROPAGATION_SECONDS * 1000));
  }

  async stop(): Promise<void> {
    this.timers.forEach(clearTimeout);
    const closed = new Promise(resolve => this.server.close(resolve));
    this.sockets.forEach(socket => socket.destroy());
    await closed;
  }

  private route(client: Socket): void {
    if (this.ports.length === 0) {
      client.resetAndDestroy();
      return;
    }
    const pod = connect({ port: this.ports[this.turn++ % this.ports.length], host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [[client, pod], [pod, client]]) {
      this.sockets.add(from);
      from.pipe(to);
      from.once('error', () => to.resetAndDestroy());
      from.once('close', () => this.sockets.delete(from));
    }
  }
}
