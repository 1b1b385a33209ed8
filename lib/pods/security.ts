import { k8s } from './k8s';

/** No user of the images and of no node: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export const USER_ID = 10001;

/** What every pod of ours says: it is nobody, knows nothing of the cluster, and its volumes are its own. */
export function restrictedPod(): Partial<k8s.PodSpec> {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER_ID,
      runAsGroup: USER_ID,
      fsGroup: USER_ID,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

/** Pod Security "restricted", and a root file system that nothing can be written to. */
export function restrictedContainer(): k8s.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: USER_ID,
    runAsGroup: USER_ID,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
}
