import { createServer, Server } from 'node:https';
import { IncomingMessage } from 'node:http';
import { ControlPlane } from './control-plane';

const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/gcsfuse-sidecar-injector';
const ANNOTATION = 'gke-gcsfuse/';
const RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];
const NOBODY = 65534;
/** Of the sidecar; a pod may bring a cache volume of its own. */
const VOLUMES: Record<string, string> = {
  'gke-gcsfuse-tmp': '/gcsfuse-tmp', 'gke-gcsfuse-buffer': '/gcsfuse-buffer', 'gke-gcsfuse-cache': '/gcsfuse-cache',
};

export const GCS_FUSE_SIDECAR = 'gke-gcsfuse-sidecar';

interface AnnotatedPod {
  readonly metadata: { readonly annotations?: Record<string, string> };
  readonly spec: { readonly initContainers?: object[]; readonly volumes?: { name: string }[] };
}

interface AdmissionReview {
  readonly request: { readonly uid: string; readonly object: AnnotatedPod };
}

/**
 * Plays GKE's webhook that gives a pod with Cloud Storage FUSE volumes its sidecar, with the resources of the pod's annotations:
 * GoogleCloudPlatform/gcs-fuse-csi-driver pkg/webhook/sidecar_spec.go@01870a9d62b1. A pod that leaves one out is refused, because
 * GKE's defaults are too small for weights.
 */
export class GcsFuseWebhook {
  static async start(plane: ControlPlane): Promise<GcsFuseWebhook> {
    const webhook = new GcsFuseWebhook(plane);
    await new Promise<void>((resolve, reject) => webhook.server.once('error', reject).listen(0, '127.0.0.1', resolve));
    await webhook.register((webhook.server.address() as { port: number }).port);
    return webhook;
  }

  private readonly server: Server;

  private constructor(private readonly plane: ControlPlane) {
    this.server = createServer({ cert: plane.certificate, key: plane.certificateKey }, (request, response) => {
      answer(request).then(
        body => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
        error => response.writeHead(500).end(`${error}`),
      );
    });
    // the other side keeps connections; one that is closed here while a question is on its way would be an error there
    this.server.keepAliveTimeout = 0;
    this.server.unref();
  }

  async stop(): Promise<void> {
    await this.plane.api.delete(CONFIGURATION);
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async register(port: number): Promise<void> {
    await this.plane.api.apply(CONFIGURATION, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: CONFIGURATION.split('/').at(-1) },
      webhooks: [{
        name: 'gcsfuse-sidecar-injector.csi.storage.gke.io',
        clientConfig: { url: `https://127.0.0.1:${port}/inject`, caBundle: this.plane.certificate.toString('base64') },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        matchConditions: [{ name: 'asks', expression: `object.metadata.?annotations['${ANNOTATION}volumes'].orValue('') == 'true'` }],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
      }],
    });
  }
}

async function answer(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const { request: { uid, object } } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as AdmissionReview;
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...verdict(object) } };
}

function verdict(pod: AnnotatedPod): object {
  const annotations = pod.metadata.annotations!;
  const missing = RESOURCES.flatMap(resource => ['request', 'limit'].map(end => `${ANNOTATION}${resource}-${end}`)).filter(name => !annotations[name]);
  if (missing.length > 0) {
    return { allowed: false, status: { message: `the pod lacks ${missing.join(', ')}` } };
  }
  const volumes = pod.spec.volumes ?? [];
  const brought = Object.keys(VOLUMES).filter(name => !volumes.some(volume => volume.name === name));
  const patch = [
    { op: 'add', path: '/spec/initContainers', value: [sidecar(annotations), ...pod.spec.initContainers ?? []] },
    { op: 'add', path: '/spec/volumes', value: [...volumes, ...brought.map(name => ({ name, emptyDir: {} }))] },
  ];
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

function sidecar(annotations: Record<string, string>): object {
  const amounts = (end: string) => Object.fromEntries(RESOURCES
    .map(resource => [resource, annotations[`${ANNOTATION}${resource}-${end}`]])
    // "0" stands for none
    .filter(([, amount]) => amount !== '0'));
  return {
    name: GCS_FUSE_SIDECAR,
    image: 'gke.gcr.io/gcs-fuse-csi-driver-sidecar-mounter:v1.0.0',
    args: ['--v=5'],
    restartPolicy: 'Always',
    resources: { requests: amounts('request'), limits: amounts('limit') },
    securityContext: {
      allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
      runAsNonRoot: true, runAsUser: NOBODY, runAsGroup: NOBODY,
    },
    volumeMounts: Object.entries(VOLUMES).map(([name, mountPath]) => ({ name, mountPath })),
  };
}
