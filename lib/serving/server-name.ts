import { joinedName } from '../common/short-name';

/** Leaves room for the suffixes of what belongs to the server. */
export const LONGEST_SERVER_NAME = 53;

/** What a server is by name. */
export interface ServerPoint {
  readonly storage: string;
  readonly accelerator: string;
  readonly variant?: string;
}

/** Name of a server where none is given, as the guides have it: `vllm-openai-gcs-l4`, `vllm-openai-gcs-llama33-70b-a100`. */
export function defaultServerName({ storage, variant, accelerator }: ServerPoint): string {
  return joinedName(['vllm-openai', storage, variant, accelerator], LONGEST_SERVER_NAME);
}
