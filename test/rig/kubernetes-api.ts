import { Agent, request } from 'node:https';

export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly finalizers?: string[];
    readonly ownerReferences?: { kind: string; name: string; uid: string }[];
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Pod extends KubernetesObject {
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string; readonly conditions?: Condition[] };
}

export interface Node extends KubernetesObject {
  readonly spec: { readonly taints?: { key: string; value?: string; effect: string }[] };
  readonly status: { readonly allocatable: Record<string, string>; readonly conditions?: Condition[] };
}

/** Of a pod or a node. */
export function isReady(object: Pod | Node): boolean {
  return !!object.status.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True');
}

/** What the server answered, warnings included (`Warning: 299` headers, the ones that kubectl prints). */
export interface ApiAnswer<T> {
  readonly status: number;
  readonly body: T;
  readonly warnings: string[];
}

/** The API of a server by its paths: ten times faster than starting kubectl, for all that a test only looks at. */
export class KubernetesApi {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(readonly url: string, private readonly token: string, private readonly certificateAuthority: () => Buffer) {}

  ask<T>(method: string, path: string, body?: object, contentType = 'application/json'): Promise<ApiAnswer<T>> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.token}`, accept: 'application/json', 'content-type': contentType };
      const asked = request(`${this.url}${path}`, { method, headers, agent: this.agent, ca: this.certificateAuthority() }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = response.headers['content-type']?.startsWith('application/json');
          const warnings = [response.headers.warning ?? []].flat().map(String);
          resolve({ status: response.statusCode!, body: (json ? JSON.parse(text) : text) as T, warnings });
        });
      });
      asked.on('error', reject);
      asked.end(body && JSON.stringify(body));
    });
  }

  private async expect<T>(method: string, path: string, body?: object, contentType?: string): Promise<T> {
    const answer = await this.ask<T>(method, path, body, contentType);
    if (answer.status >= 300) {
      const message = (answer.body as { message?: string }).message ?? JSON.stringify(answer.body);
      throw new Error(`${method} ${path}: ${answer.status} ${message}`);
    }
    return answer.body;
  }

  get<T = KubernetesObject>(path: string): Promise<T> {
    return this.expect<T>('GET', path);
  }

  async list<T = KubernetesObject>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path)).items;
  }

  create<T = KubernetesObject>(path: string, object: object): Promise<T> {
    return this.expect<T>('POST', path, object);
  }

  /** Server-side apply: makes the object or takes over the fields given. */
  apply<T = KubernetesObject>(path: string, object: object): Promise<T> {
    return this.expect<T>('PATCH', `${path}?fieldManager=rig&force=true`, object, 'application/apply-patch+yaml');
  }

  /** A JSON merge patch. */
  patch<T = KubernetesObject>(path: string, change: object): Promise<T> {
    return this.expect<T>('PATCH', path, change, 'application/merge-patch+json');
  }

  async delete(path: string): Promise<void> {
    await this.expect('DELETE', path);
  }

  close(): void {
    this.agent.destroy();
  }
}
