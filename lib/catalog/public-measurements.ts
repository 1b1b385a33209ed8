/** How fast somebody else's server was, as a public page says: never a figure of a plan, but beside it. */
export interface PublicMeasurement {
  /** Id of the accelerator. */
  readonly accelerator: string;
  /** Id of the model on the hub. */
  readonly model: string;
  /** Number of GPUs, all of one tensor parallel server. */
  readonly gpus: number;
  /** Release of vLLM, with its own defaults but for `maxModelLen`. */
  readonly vllm: string;
  /** Tokens of a sequence that the server took at most; absent: the model's own. */
  readonly maxModelLen?: number;
  /** Mean number of tokens of a prompt. */
  readonly inputTokens: number;
  /** Mean number of tokens of an answer. */
  readonly outputTokens: number;
  /** Requests that were under way at once, as far as there were any left. */
  readonly clients: number;
  /** Tokens of answers in a second, of the whole server. */
  readonly outputTokensPerSecond: number;
  /** Address of the page. */
  readonly source: string;
  /** Day of the figures or of the page's last change, or else of its reading. */
  readonly date: string;
}

type Load = Pick<PublicMeasurement, 'inputTokens' | 'outputTokens' | 'clients' | 'outputTokensPerSecond'>;
type Server = Omit<PublicMeasurement, keyof Load>;

/** Input tokens, output tokens, clients, output tokens a second. */
function rows(server: Server, ...loads: readonly (readonly [number, number, number, number])[]): PublicMeasurement[] {
  return loads.map(([inputTokens, outputTokens, clients, outputTokensPerSecond]) =>
    ({ ...server, inputTokens, outputTokens, clients, outputTokensPerSecond }));
}

/** All requests of a test come at once there, so that its end, in which few are left, counts as well. */
function performanceLab(page: string): Pick<Server, 'source' | 'date' | 'vllm' | 'gpus'> {
  return { source: `https://docs.gpustack.ai/latest/performance-lab/${page}`, date: '2026-01-06', vllm: '0.11.0', gpus: 1 };
}

const A100 = { accelerator: 'a100-80gb' };
const H100 = { accelerator: 'h100' };
const GPT_OSS_120B = { model: 'openai/gpt-oss-120b', maxModelLen: 32768 };

export const PUBLIC_MEASUREMENTS: readonly PublicMeasurement[] = [
  ...rows(
    {
      accelerator: 'l4', model: 'Qwen/Qwen2.5-0.5B-Instruct', gpus: 1, vllm: '0.23.0', maxModelLen: 8192,
      source: 'https://ai.wmx.dev/benchmarks', date: '2026-12-01',
    },
    [256, 128, 1, 168], [256, 128, 2, 367], [256, 128, 4, 698], [256, 128, 8, 1312], [256, 128, 16, 2277], [256, 128, 32, 3773],
  ),
  ...rows({ ...A100, model: 'Qwen/Qwen3-32B', ...performanceLab('qwen3-32b/a100') }, [3996, 200, 500, 87.48], [1996, 100, 500, 120.27]),
  ...rows({ ...A100, model: 'openai/gpt-oss-20b', ...performanceLab('gpt-oss-20b/a100') }, [3998, 107, 500, 415.64], [1998, 94, 500, 813.35]),
  ...rows({ ...A100, ...GPT_OSS_120B, ...performanceLab('gpt-oss-120b/a100') }, [3998, 135, 500, 249.67], [1998, 98, 500, 395.21]),
  ...rows({ ...H100, model: 'Qwen/Qwen3-8B', ...performanceLab('qwen3-8b/h100-latency') }, [233, 221, 4, 496.88]),
  ...rows({ ...H100, model: 'Qwen/Qwen3-32B', ...performanceLab('qwen3-32b/h100') }, [3996, 200, 500, 102.21], [1996, 100, 500, 152.42]),
  ...rows({ ...H100, model: 'openai/gpt-oss-20b', ...performanceLab('gpt-oss-20b/h100') }, [3998, 105, 500, 847.43], [1998, 94, 500, 1443.44]),
  ...rows({ ...H100, ...GPT_OSS_120B, ...performanceLab('gpt-oss-120b/h100'), vllm: '0.10.2' }, [3998, 134, 500, 463.35], [1998, 98, 500, 675.11]),
  ...rows(
    {
      accelerator: 'b200', ...GPT_OSS_120B, gpus: 8, vllm: '0.10.2',
      source: 'https://github.com/vllm-project/vllm/pull/23696', date: '2025-08-26',
    },
    [215, 197, 1000, 7404.72],
  ),
];
