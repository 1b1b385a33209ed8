import { requireSecretName } from '../common/names';
import { SERVER_KEY_VARIABLE } from '../common/secret-variables';
import { k8s } from '../pods/k8s';

/** Key of the Secret that holds a server's key, and what one makes the Secret with. */
export const API_KEY = 'api-key';

/**
 * Name of a Secret with a server's key.
 *
 * @throws on what no Secret can be called, such as the key itself
 */
export function requireApiKeySecret(name: string): string {
  return requireSecretName('apiKeySecretName', name, `kubectl create secret generic NAME --from-file=${API_KEY}=FILE`);
}

/** How vLLM gets it: as an argument it would be in the list of processes. */
export function apiKeyVariable(secretName: string): k8s.EnvVar {
  return { name: SERVER_KEY_VARIABLE, valueFrom: { secretKeyRef: { name: requireApiKeySecret(secretName), key: API_KEY } } };
}
