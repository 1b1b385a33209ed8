import { VllmRelease } from '../catalog';
import { isSecretVariable } from '../common/secret-variables';
import { Refusal } from '../common/refusal';

export interface ServerEnvironmentProps {
  readonly release: VllmRelease;
  readonly home: string;
  readonly engineReadyTimeoutSeconds: number;
  readonly extraEnv: { readonly [name: string]: string };
}

/** What opens the server to whoever reaches its port. https://docs.vllm.ai/en/latest/usage/security/ */
const UNSAFE = ['VLLM_SERVER_DEV_MODE', 'VLLM_ALLOW_RUNTIME_LORA_UPDATING', 'VLLM_ALLOW_INSECURE_SERIALIZATION'];

/** @throws on a name that the release does not know, a secret, and what the manifest decides */
export function serverEnvironment(props: ServerEnvironmentProps): { name: string; value: string }[] {
  const planned: { [name: string]: string } = {
    // torch asks who it is; a uid without a name raises KeyError.
    USER: 'vllm',
    LOGNAME: 'vllm',
    HOME: props.home,
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    VLLM_NO_USAGE_STATS: '1',
    VLLM_ENGINE_READY_TIMEOUT_S: `${props.engineReadyTimeoutSeconds}`,
  };
  for (const name of Object.keys({ ...planned, ...props.extraEnv }).filter(candidate => candidate.startsWith('VLLM_'))) {
    props.release.environment(name);
  }
  for (const [name, value] of Object.entries(props.extraEnv)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || typeof value !== 'string') {
      throw new Refusal(`extraEnv ${JSON.stringify({ [name]: value })} must be a name of letters, digits and '_' with a string, such as OMP_NUM_THREADS: '4'`);
    }
    if (name in planned) {
      throw new Refusal(`extraEnv '${name}' is set to '${planned[name]}' already; leave it out`);
    }
    if (UNSAFE.includes(name)) {
      throw new Refusal(`extraEnv '${name}' opens administrative endpoints to whoever reaches the port; leave it out`);
    }
    if (isSecretVariable(name)) {
      throw new Refusal(`extraEnv '${name}' would put a literal secret into a manifest; weights are served offline and need none`);
    }
  }
  return Object.entries({ ...planned, ...props.extraEnv }).map(([name, value]) => ({ name, value }));
}
