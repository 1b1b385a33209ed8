import { Refusal } from '../common/refusal';
import { isSecretVariable, SERVER_KEY_VARIABLE } from '../common/secret-variables';
import { k8s } from '../pods/k8s';
import { apiKeyVariable } from './api-key';
import { ServerPlan } from './server-plan';
import { VllmServerProps } from './vllm-server-props';

/** The only directory beside `/tmp` that the server can write to. */
export const HOME = '/home/vllm';

/** What opens the server to whoever reaches its port. https://docs.vllm.ai/en/latest/usage/security/ */
const UNSAFE = ['VLLM_SERVER_DEV_MODE', 'VLLM_ALLOW_RUNTIME_LORA_UPDATING', 'VLLM_ALLOW_INSECURE_SERIALIZATION'];

function requireHarmless(prop: string, name: string): void {
  if (UNSAFE.includes(name)) {
    throw new Refusal(`${prop} '${name}' opens administrative endpoints to whoever reaches the port; leave it out`);
  }
}

/**
 * The environment of the server's container.
 *
 * @throws on a name that the release does not know, a secret, and what the manifest decides
 */
export function serverEnvironment(
  { memory, startup }: Pick<ServerPlan, 'memory' | 'startup'>,
  { extraEnv = {}, secretEnv = {}, apiKeySecretName }: Pick<VllmServerProps, 'extraEnv' | 'secretEnv' | 'apiKeySecretName'>,
): k8s.EnvVar[] {
  const planned: { [name: string]: string } = {
    // torch asks who it is; a uid without a name raises KeyError.
    USER: 'vllm',
    LOGNAME: 'vllm',
    HOME,
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    VLLM_NO_USAGE_STATS: '1',
    VLLM_ENGINE_READY_TIMEOUT_S: `${startup.engineReadyTimeoutSeconds}`,
  };
  for (const name of Object.keys({ ...planned, ...extraEnv, ...secretEnv }).filter(candidate => candidate.startsWith('VLLM_'))) {
    memory.release.environment(name);
  }
  for (const [name, value] of Object.entries(extraEnv)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || typeof value !== 'string') {
      throw new Refusal(`extraEnv ${JSON.stringify({ [name]: value })} must be a name of letters, digits and '_' with a string, such as OMP_NUM_THREADS: '4'`);
    }
    if (name in planned) {
      throw new Refusal(`extraEnv '${name}' is set to '${planned[name]}' already; leave it out`);
    }
    requireHarmless('extraEnv', name);
    if (name === SERVER_KEY_VARIABLE) {
      throw new Refusal(`extraEnv '${name}' would put the key into a manifest; make a Secret, and set apiKeySecretName to its name`);
    }
    if (isSecretVariable(name)) {
      throw new Refusal(`extraEnv '${name}' would put a literal secret into a manifest; weights are served offline and need none.`
        + ' What else needs one takes it from a Secret: secretEnv');
    }
  }
  for (const name of Object.keys(secretEnv)) {
    requireHarmless('secretEnv', name);
    if (name === SERVER_KEY_VARIABLE) {
      throw new Refusal(`secretEnv '${name}' would be a key that chat, batch and load test know nothing of; set apiKeySecretName`);
    }
  }
  const variables = Object.entries({ ...planned, ...extraEnv }).map(([name, value]) => ({ name, value }));
  return apiKeySecretName === undefined ? variables : [...variables, apiKeyVariable(apiKeySecretName)];
}
