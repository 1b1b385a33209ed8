/** Environment variables whose value is a secret by their name. */
const SECRET_NAME = /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY)$/i;

export function isSecretVariable(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** The variable by which vLLM gets the key that it asks its callers for. https://docs.vllm.ai/en/latest/configuration/env_vars/ */
export const SERVER_KEY_VARIABLE = 'VLLM_API_KEY';
