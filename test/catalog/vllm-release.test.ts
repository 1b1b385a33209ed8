import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../lib/catalog/model';
import { VLLM_REGISTRIES } from '../../lib/catalog/vllm-registry';
import { VllmRelease } from '../../lib/catalog/vllm-release';
import { REMOVED_ENVIRONMENT, REMOVED_FLAGS, REMOVED_METRICS, REMOVED_VALUES } from '../../lib/catalog/vllm-removed';
import { temporaryFolders } from '../kustomize/folders';

const GIB = 2 ** 30;
const temporaryFolder = temporaryFolders();
const { DEFAULT, V0_22, V0_28, V0_32, V0_33 } = VllmRelease;

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('which release', () => {
  test('the default is 0.33.0, from the official image', () => {
    expect(DEFAULT).toBe(V0_33);
    expect(DEFAULT.image).toBe('docker.io/vllm/vllm-openai:v0.33.0');
  });

  test('of finds the catalogued ones', () => {
    expect(VllmRelease.of('v0.28.0')).toBe(V0_28);
    expect(VllmRelease.all().map(release => VllmRelease.of(release.version))).toEqual(VllmRelease.all());
  });

  test('of takes a registry for another one, which budgets memory like the nearest older', () => {
    const release = VllmRelease.of('0.30.0', { ...VLLM_REGISTRIES[1], release: '0.30.0' });
    expect(release.version).toBe('0.30.0');
    expect(release.estimatesCudaGraphs('V2')).toBe(V0_28.estimatesCudaGraphs('V2'));
    const next = (version: string) => VllmRelease.of(version, { ...VLLM_REGISTRIES[1], release: version });
    expect(['0.32.1', '0.33.0', '0.34.0'].map(version => next(version).profilesSampling('V2'))).toEqual([false, true, true]);
  });

  test('fromRegistry reads what the script prints', () => {
    const file = join(temporaryFolder(), 'vllm.json');
    writeFileSync(file, JSON.stringify({ ...VLLM_REGISTRIES[2], release: '0.40.0' }));
    const release = VllmRelease.fromRegistry(file);
    expect(release.image).toBe('docker.io/vllm/vllm-openai:v0.40.0');
    expect(release.flagNames).toEqual(V0_32.flagNames);
    expect(release.estimatesCudaGraphs('V2')).toBe(true);
  });

  test.each<[string, string | undefined, RegExp]>([
    ['that is not there', undefined, /there is no registry .*\. Make it where vLLM X\.Y\.Z is installed: python3 .*dump_registry\.py > vllm-X/],
    ['that is no JSON', '{', /vllm\.json is no registry of vLLM, it has no 'release'/],
    ['of an older script', JSON.stringify({ ...VLLM_REGISTRIES[2], models: undefined }), /it has no 'models'\. Make it again where/],
    ['of a release with a hole', JSON.stringify({ ...VLLM_REGISTRIES[2], release: '0.21.0' }), /CVE-2026-48746/],
  ])('fromRegistry refuses one %s', (_, text, message) => {
    const file = join(temporaryFolder(), 'vllm.json');
    if (text !== undefined) {
      writeFileSync(file, text);
    }
    expect(messageOf(() => VllmRelease.fromRegistry(file))).toMatch(message);
  });

  test('the script that the refusals name is in the package, with all that it loads', () => {
    const script = /node_modules\/cdk8s-vllm\/(\S+)\/dump_registry\.py/.exec(messageOf(() => VllmRelease.of('0.31.0')))![1];
    expect(JSON.parse(readFileSync('package.json', 'utf8')).files).toContain(`${script}/*.py`);
    const modules = readFileSync(`${script}/dump_registry.py`, 'utf8').match(/(?<=^from )\w+(?= import)/gm)!;
    expect(modules.filter(name => !existsSync(`${script}/${name}.py`))).toEqual([]);
    expect(modules.length).toBeGreaterThan(3);
  });

  test('supports compares numbers, not text', () => {
    expect(V0_32.supports('0.32.0')).toBe(true);
    expect(V0_32.supports('0.9.2')).toBe(true);
    expect(V0_22.supports('0.28')).toBe(false);
  });

  test('a digest pins the image', () => {
    const digest = `sha256:${'0a'.repeat(32)}`;
    expect(V0_32.withDigest(digest).image).toBe(`docker.io/vllm/vllm-openai:v0.32.0@${digest}`);
  });

  test.each([
    ['0.21.0', 'VllmRelease: vLLM 0.21.0 has a critical hole, CVE-2026-48746: an API key is bypassed through the Host header.'
    + ' It is closed in 0.22.0; the default is 0.33.0'],
    ['latest', 'VllmRelease: \'latest\' is no version of vLLM; write it as 0.33.0'],
    ['0.31.0', 'VllmRelease: the flags and metrics of vLLM 0.31.0 are not known; known are 0.22.0, 0.28.0, 0.32.0, 0.33.0. Take one of these,'
    + ' or make its registry, where vLLM 0.31.0 is installed: python3 node_modules/cdk8s-vllm/scripts/vllm-registry/dump_registry.py'
    + ' > vllm-0.31.0.json, and take VllmRelease.fromRegistry(\'vllm-0.31.0.json\')'],
  ])('of refuses %s', (version, message) => {
    expect(messageOf(() => VllmRelease.of(version))).toBe(message);
  });

  test('a wrong registry and a wrong digest are refused', () => {
    expect(messageOf(() => VllmRelease.of('0.30.0', VLLM_REGISTRIES[0])))
      .toBe('VllmRelease: the registry handed over for vLLM 0.30.0 is that of 0.22.0');
    expect(messageOf(() => V0_32.withDigest('sha256:12')))
      .toBe('VllmRelease 0.32.0: \'sha256:12\' is no image digest; it is \'sha256:\' and 64 hexadecimal digits');
  });
});

describe('names', () => {
  test('known ones', () => {
    expect(DEFAULT.flag('--max-model-len').type).toBe('humanIntegerOrAuto');
    expect(DEFAULT.flag('--no-enable-log-requests')).toBe(DEFAULT.flag('--enable-log-requests'));
    expect(DEFAULT.environment('VLLM_CACHE_ROOT').default).toBe('~/.cache/vllm');
    expect(DEFAULT.metric('vllm:num_requests_waiting')).toEqual({ type: 'gauge', labels: ['model_name', 'engine'] });
    expect(DEFAULT.metric('vllm:time_to_first_token_seconds_bucket').type).toBe('histogram');
    expect(DEFAULT.metric('vllm:iteration_tokens_total_count').type).toBe('histogram');
    expect(DEFAULT.metric('vllm:lora_requests_info').when).toBe('v1/metrics/loggers');
  });

  test.each<[string, (release: VllmRelease) => unknown, string]>([
    ['a removed flag', release => release.flag('--disable-log-requests'),
      'vLLM 0.32.0 has no flag \'--disable-log-requests\': it was removed in 0.12.0; leave it out, off is the default;'
      + ' --enable-log-requests turns it on'],
    ['a removed flag that begins a living one', release => release.flag('--device'),
      'vLLM 0.32.0 has no flag \'--device\': it was removed in 0.10.0; leave it out'],
    ['a flag that only an older registry has', release => release.flag('--override-attention-dtype'),
      'vLLM 0.32.0 has no flag \'--override-attention-dtype\'; it is in 0.22.0'],
    ['a misspelled flag', release => release.flag('--max-modl-len'),
      'vLLM 0.32.0 has no flag \'--max-modl-len\'; did you mean \'--max-model-len\'?'],
    ['a flag with underscores', release => release.flag('--max_model_len'),
      'vLLM 0.32.0 has no flag \'--max_model_len\'; did you mean \'--max-model-len\'?'],
    ['a cut-off flag', release => release.flag('--max-model'),
      'vLLM 0.32.0: \'--max-model\' is cut off; write --max-model-len.'
      + ' The parser guesses what is meant as long as one flag begins so, and fails when the next release adds another'],
    ['a short flag', release => release.flag('-tp'), 'vLLM 0.32.0: write --tensor-parallel-size instead of its short form -tp'],
    ['a name like no other', release => release.flag('--zzz'), 'vLLM 0.32.0 has no flag \'--zzz\''],
    ['a removed variable', release => release.environment('VLLM_ATTENTION_BACKEND'),
      'vLLM 0.32.0 has no environment variable \'VLLM_ATTENTION_BACKEND\': it was removed in 0.15.0; use --attention-backend'],
    ['a variable that vLLM replaced', release => release.environment('VLLM_NVFP4_GEMM_BACKEND'),
      'vLLM 0.32.0 has no environment variable \'VLLM_NVFP4_GEMM_BACKEND\'; it is in 0.22.0. Use --linear-backend.'],
    ['a property of every object', release => release.environment('constructor'),
      'vLLM 0.32.0 has no environment variable \'constructor\''],
    ['a removed metric', release => release.metric('vllm:gpu_cache_usage_perc'),
      'vLLM 0.32.0 has no metric \'vllm:gpu_cache_usage_perc\': it was removed in 0.12.0; use vllm:kv_cache_usage_perc'],
    ['a counter without its suffix', release => release.metric('vllm:prompt_tokens'),
      'vLLM 0.32.0: \'vllm:prompt_tokens\' is a counter; in /metrics it is vllm:prompt_tokens_total'],
    ['the sum of a gauge', release => release.metric('vllm:num_requests_waiting_sum'),
      'vLLM 0.32.0 has no metric \'vllm:num_requests_waiting_sum\'; did you mean \'vllm:num_requests_waiting\'?'],
  ])('refuses %s', (_, ask, message) => {
    expect(messageOf(() => ask(V0_32))).toBe(message);
  });

  test('a metric of a newer release is refused on an older one', () => {
    expect(messageOf(() => V0_28.metric('vllm:admission_rejections_total')))
      .toBe('vLLM 0.28.0 has no metric \'vllm:admission_rejections_total\'; it is in 0.32.0 and 0.33.0');
  });
});

describe('models and quantizations', () => {
  test('an architecture has its class, and what the class can do', () => {
    expect(DEFAULT.model('LlamaForCausalLM')).toEqual({
      module: 'llama', class: 'LlamaForCausalLM',
      capabilities: expect.arrayContaining(['is_text_generation_model', 'supports_lora', 'supports_pp']),
    });
    expect(DEFAULT.model('Qwen3NextForCausalLM').capabilities).toEqual(expect.arrayContaining(['has_inner_state', 'is_hybrid']));
    expect(DEFAULT.model('WhisperForConditionalGeneration').capabilities).toContain('supports_transcription_only');
    expect(DEFAULT.model('BertModel').capabilities).not.toContain('is_text_generation_model');
  });

  test.each(VllmRelease.all())('$version knows what nearly all of its classes can do', (release) => {
    const unknown = release.modelNames.filter(name => release.model(name).capabilities === undefined);
    expect(release.modelNames.length).toBeGreaterThan(300);
    expect(unknown.length).toBeLessThan(0.02 * release.modelNames.length);
  });

  test('every release serves what the catalogue has', () => {
    const names = Model.all().map(model => model.architecture);
    expect(names.length).toBeGreaterThan(5);
    const classes = VllmRelease.all().flatMap(release => names.map(name => release.model(name)));
    expect(classes.filter(({ capabilities }) => !capabilities)).toEqual([]);
  });

  test('a quantization has its GPUs and its types', () => {
    expect(DEFAULT.quantization('fp8')).toEqual({ minimumComputeCapability: 7.5, dtypes: ['bfloat16', 'float16'] });
    expect(DEFAULT.quantization('fbgemm_fp8').deprecated).toBe(true);
  });

  test.each<[string, (release: VllmRelease) => unknown, string]>([
    ['a model of long ago', release => release.model('Phi4FlashForCausalLM'),
      'vLLM 0.32.0 has no model \'Phi4FlashForCausalLM\': 0.10.2 was the last release with it'],
    ['a model that became a plugin', release => release.model('BartModel'),
      'vLLM 0.32.0 has no model \'BartModel\': the plugin https://github.com/vllm-project/bart-plugin has it, in an image of your own'],
    ['a misspelled model', release => release.model('LlamaForCausalML'),
      'vLLM 0.32.0 has no model \'LlamaForCausalML\'; did you mean \'LlamaForCausalLM\'?'],
    ['a removed quantization', release => release.quantization('gguf'),
      'vLLM 0.32.0 has no quantization \'gguf\': it was removed in 0.24.0; install the plugin that took it over into an own image'],
  ])('refuses %s', (_, ask, message) => {
    expect(messageOf(() => ask(V0_32))).toBe(message);
  });
});

describe('an argument list', () => {
  test.each([
    [['/model', '--max-model-len=8192', '--enforce-eager', '--no-enable-prefix-caching']],
    [['/model', '--max-model-len', '-1', '--served-model-name', 'one', 'two', '--max-num-seqs', '64']],
    [['--max-model-len=auto', '--hf-token', '--additional-config=text', '--max-num-batched-tokens=8k']],
    [['/model', '--compilation-config={"mode": 3}', '--compilation-config.backend', 'eager', '--gpu-memory-utilization=.9']],
    [['/model', '--tool-parser-plugin=own.py', '--tool-call-parser=own']],
    [[]],
  ])('%j passes', (args) => {
    expect(() => DEFAULT.checkArgs(args)).not.toThrow();
  });

  test.each([
    ['--gpu-memory-utilization=1.5', '--gpu-memory-utilization does not take \'1.5\': it is at most 1'],
    ['--gpu-memory-utilization=0', '--gpu-memory-utilization does not take \'0\': it is above 0'],
    ['--tensor-parallel-size=0', '--tensor-parallel-size does not take \'0\': it is at least 1'],
    ['--tensor-parallel-size=two', '--tensor-parallel-size does not take \'two\': it is a whole number'],
    ['--shutdown-timeout=-1', '--shutdown-timeout does not take \'-1\': it is at least 0'],
    ['--max-model-len=1.5K', '--max-model-len does not take \'1.5K\': it is a whole number, one with a suffix such as 8k (8000) or'
    + ' 8K (8192), or auto'],
    ['--dtype=bf16', '--dtype does not take \'bf16\': it is one of auto, bfloat16, float, float16, float32, half'],
    ['--quantization=gguf', '--quantization does not take \'gguf\': it was removed in 0.24.0; install the plugin that took it over into'
    + ' an own image'],
    ['--kv-transfer-config={', expect.stringMatching(/^--kv-transfer-config does not take '\{': it is no JSON \(.*\)$/)],
    ['--enforce-eager=false', '--enforce-eager=false takes no value; --no-enforce-eager turns it off'],
    ['--max-model-len', '--max-model-len needs a value'],
    ['--api-key=', '--api-key does not take \'\': it is empty'],
    ['other', '\'other\' stands alone; only the model does, and it comes first'],
    ['--compilation-config=3', '--compilation-config does not take \'3\': it is no JSON object'],
    ['--compilation-config.level=2', '--compilation-config has no key \'level\''],
    ['--speculative-config={"methd": "ngram"}', '--speculative-config has no key \'methd\'; did you mean \'method\'?'],
    ['--dtype.key=1', '--dtype is no JSON value, so it has no key \'key\''],
    ['--model=/model', '\'vllm serve\' takes the model as its first argument; --model goes away'],
    ['--disable-cascade-attn', '--disable-cascade-attn is deprecated and goes away; leave it out'],
  ])('%s is refused', (arg, message) => {
    const refusal = messageOf(() => DEFAULT.checkArgs(['/model', arg]));
    expect(refusal.replace(/^vLLM 0\.33\.0: /, '')).toEqual(message);
    expect(refusal).toMatch(/^vLLM 0\.33\.0: /);
  });

  test('a flag given twice is refused', () => {
    expect(messageOf(() => DEFAULT.checkArgs(['/model', '--port=1', '--port', '2'])))
      .toBe('vLLM 0.33.0: --port is given twice; the last one would win');
  });

  test('what one release refuses another takes', () => {
    expect(() => V0_22.checkArgs(['/model', '--quantization=gguf'])).not.toThrow();
    expect(() => V0_28.checkArgs(['/model', '--max-num-queued-reqs=8'])).toThrow('it is in 0.32.0 and 0.33.0');
  });
});

describe('memory facts', () => {
  test('every release gives vLLM 92 % of the card', () => {
    expect(VllmRelease.all().map(release => release.defaultGpuMemoryUtilization)).toEqual([0.92, 0.92, 0.92, 0.92]);
  });

  test.each([
    ['L4', 22, false, [2048, 2048, 2048, 2048], [256, 256, 256, 256]],
    ['A100 80 GB', 79.1, true, [2048, 2048, 2048, 2048], [256, 256, 256, 256]],
    ['H100', 79.18, false, [8192, 8192, 8192, 8192], [1024, 1024, 1024, 1024]],
    ['B200', 178.35, false, [8192, 16384, 16384, 16384], [1024, 1024, 1024, 1024]],
  ])('batch defaults on %s', (_, gib, isA100, tokens, sequences) => {
    expect(VllmRelease.all().map(release => release.defaultMaxNumBatchedTokens(gib * GIB, isA100))).toEqual(tokens);
    expect(VllmRelease.all().map(release => release.defaultMaxNumSeqs(gib * GIB, isA100))).toEqual(sequences);
  });

  test.each([
    ['Qwen3ForCausalLM', false, false, ['V2', 'V2', 'V2', 'V2']],
    ['Qwen3ForCausalLM', false, true, ['V1', 'V2', 'V2', 'V2']],
    ['LlamaForCausalLM', false, false, ['V1', 'V2', 'V2', 'V2']],
    ['MixtralForCausalLM', true, false, ['V1', 'V1', 'V2', 'V2']],
    ['Qwen2MoeForCausalLM', true, false, ['V1', 'V2', 'V2', 'V2']],
  ])('the runner of %s (experts: %s, quantized: %s)', (architecture, mixtureOfExperts, quantized, runners) => {
    expect(VllmRelease.all().map(release => release.modelRunner({ architecture, mixtureOfExperts, quantized }))).toEqual(runners);
  });

  test('CUDA graphs come out of the KV cache on V1, on V2 only since 0.32', () => {
    expect(VllmRelease.all().map(release => release.estimatesCudaGraphs('V1'))).toEqual([true, true, true, true]);
    expect(VllmRelease.all().map(release => release.estimatesCudaGraphs('V2'))).toEqual([false, false, true, true]);
  });

  test('what the V2 runner keeps is counted since 0.32, what it samples with is profiled by V1 and since 0.33', () => {
    expect(VllmRelease.all().map(release => release.countsKeptMemory('V2'))).toEqual([false, false, true, true]);
    expect(VllmRelease.all().map(release => release.countsKeptMemory('V1'))).toEqual([false, false, false, false]);
    expect(VllmRelease.all().map(release => release.profilesSampling('V2'))).toEqual([false, false, false, true]);
    expect(VllmRelease.all().map(release => release.profilesSampling('V1'))).toEqual([true, true, true, true]);
  });

  test('a sliding window holds every batch in flight since 0.28', () => {
    expect(VllmRelease.all().map(release => release.slidingWindowBatches('V2', 1))).toEqual([1, 2, 2, 2]);
    expect(VllmRelease.all().map(release => release.slidingWindowBatches('V2', 4))).toEqual([1, 5, 5, 5]);
    expect(VllmRelease.all().map(release => release.slidingWindowBatches('V1', 4))).toEqual([1, 4, 4, 4]);
  });

  test('data centre Blackwell captures larger graphs since 0.28', () => {
    expect(VllmRelease.all().map(release => release.largestCudaGraph(10))).toEqual([512, 1024, 1024, 1024]);
    expect(VllmRelease.all().map(release => release.largestCudaGraph(12))).toEqual([512, 512, 512, 512]);
  });
});

describe('what was removed', () => {
  const has = (name: string, since: string, section: (registry: (typeof VLLM_REGISTRIES)[number]) => object) =>
    VLLM_REGISTRIES.filter(registry => VllmRelease.of(registry.release).supports(since) && Object.hasOwn(section(registry), name));

  test('is in no registry since', () => {
    expect(REMOVED_FLAGS.filter(({ name, since }) => has(name, since, registry => registry.flags).length > 0)).toEqual([]);
    expect(REMOVED_METRICS.filter(({ name, since }) => has(name, since, registry => registry.metrics).length > 0)).toEqual([]);
    expect(REMOVED_ENVIRONMENT.filter(({ name, since }) => has(name, since, registry => registry.environment).length > 0)).toEqual([]);
    for (const { name, since } of REMOVED_VALUES) {
      const newer = VLLM_REGISTRIES.filter(registry => VllmRelease.of(registry.release).supports(since));
      expect(newer.flatMap(({ flags }) => [...flags['--quantization'].values!, ...flags['--load-format'].values!])).not.toContain(name);
    }
  });

  test('names only flags, metrics and variables that the default release has as the successor', () => {
    for (const { instead } of [...REMOVED_FLAGS, ...REMOVED_METRICS, ...REMOVED_ENVIRONMENT]) {
      (instead?.match(/--[a-z-]+/g) ?? []).forEach(name => DEFAULT.flag(name));
      (instead?.match(/vllm:[a-z_]+/g) ?? []).forEach(name => DEFAULT.metric(name));
    }
  });

  test('has a name once, and a source', () => {
    const all = [...REMOVED_FLAGS, ...REMOVED_METRICS, ...REMOVED_ENVIRONMENT, ...REMOVED_VALUES];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.filter(({ source }) => !/^vllm-project\/vllm(@[0-9a-f]{10}|#\d+)$/.test(source))).toEqual([]);
  });
});
