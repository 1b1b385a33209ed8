import { k8s } from './k8s';
import { quantity } from './resources';

/** Something that a pod mounts. */
export interface PodMount {
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount;
}

/** Keys of a Secret that exists in the cluster, each as a file: `directory/key`. A pod waits for a Secret that is not optional. */
export function secretFiles(
  secretName: string, volume: string, keys: readonly string[], directory: string, { optional }: { readonly optional?: boolean } = {},
): PodMount {
  return {
    volume: { name: volume, secret: { secretName, optional, defaultMode: 0o440, items: keys.map(key => ({ key, path: key })) } },
    mount: { name: volume, mountPath: directory, readOnly: true },
  };
}

/** All keys of a ConfigMap, each as a file: `directory/key`. */
export function configMapFiles(name: string, volume: string, directory: string): PodMount {
  return {
    volume: { name: volume, configMap: { name, defaultMode: 0o444 } },
    mount: { name: volume, mountPath: directory, readOnly: true },
  };
}

/** An empty directory that goes with the pod, on the node's disk or in memory. */
export function scratch(name: string, directory: string, size: string, medium?: 'Memory'): PodMount {
  return { volume: { name, emptyDir: { medium, sizeLimit: quantity(size) } }, mount: { name, mountPath: directory } };
}
