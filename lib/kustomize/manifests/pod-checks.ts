import { Manifest } from './manifest';
import { pathText } from './yaml-writer';
import { Refusal } from '../../common/refusal';

interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly persistentVolumeClaim?: { readonly claimName: string } }[];
}

const SELECTING_KINDS = new Set(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']);
const DIGEST = /@sha256:[0-9a-f]{64}$/;
const TAG = /:([\w][\w.-]{0,127})$/;

export function checkPodSpec(pod: PodSpec, path: readonly (string | number)[]): void {
  const volumes = new Set(pod.volumes?.map(volume => volume.name));
  for (const list of ['initContainers', 'containers'] as const) {
    pod[list]?.forEach((container, index) => {
      const where = pathText([...path, list, index]);
      checkImage(container.image, where);
      const lost = container.volumeMounts?.find(mount => !volumes.has(mount.name));
      if (lost) {
        throw new Refusal(`${where} mounts the volume ${JSON.stringify(lost.name)} at ${lost.mountPath}, which the pod does not have; `
          + `it has ${volumes.size > 0 ? [...volumes].map(name => JSON.stringify(name)).join(', ') : 'none'}`);
      }
    });
  }
}

function checkImage(image: string | undefined, where: string): void {
  if (!image) {
    throw new Refusal(`${where} has no image`);
  }
  const tag = TAG.exec(image.slice(image.lastIndexOf('/') + 1))?.[1];
  const wrong = image.includes('@') ? !DIGEST.test(image) && 'has a digest that is not sha256: and 64 digits of 0-9, a-f'
    : tag === undefined ? 'has neither tag nor digest'
      : tag === 'latest' && 'is whatever is newest on the day of the pull';
  if (wrong) {
    throw new Refusal(`${where}.image ${JSON.stringify(image)} ${wrong}; pin a version (…:v1.2.3) or a digest (…@sha256:…)`);
  }
}

/** The API server refuses a selector that misses its own pods, but only when the manifest is applied. */
export function checkSelector(manifest: Manifest): void {
  if (!SELECTING_KINDS.has(manifest.kind)) {
    return;
  }
  const spec = manifest.spec as {
    selector?: { matchLabels?: Record<string, string> };
    template?: { metadata?: { labels?: Record<string, string> } };
  } | undefined;
  const selected = spec?.selector?.matchLabels ?? {};
  const labels = spec?.template?.metadata?.labels ?? {};
  const missed = Object.entries(selected).find(([key, value]) => labels[key] !== value);
  if (missed || Object.keys(selected).length === 0) {
    throw new Refusal(`spec.selector.matchLabels ${JSON.stringify(selected)} does not select the pods of spec.template, `
      + `whose labels are ${JSON.stringify(labels)}. ${missed ? `Give the template ${missed[0]}: ${missed[1]}` : 'Select at least one label'}`);
  }
}
