import { VllmRelease } from '../../lib/catalog/vllm-release';
import { ArgumentChecker } from '../rig/vllm-arguments';

const MODEL = '/data/model';
const release = VllmRelease.DEFAULT;
let checker: ArgumentChecker;

beforeAll(async () => {
  checker = await ArgumentChecker.start(release.version);
});

afterAll(() => checker.stop());

function refusalOf(args: string[]): string | undefined {
  try {
    release.checkArgs(args);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test('a plain list passes both', async () => {
  const args = [MODEL, '--served-model-name=gemma', '--tensor-parallel-size=2', '--max-model-len=8192', '--gpu-memory-utilization=0.92',
    '--no-enable-log-requests', '--shutdown-timeout=120', '--compilation-config.mode=3', '--kv-cache-dtype=auto'];
  expect(await checker.check(args)).toEqual({ errors: [], warnings: [] });
  expect(refusalOf(args)).toBeUndefined();
});

test('a flag that had gone and came back as the opposite of another one passes both', async () => {
  expect(await checker.check([MODEL, '--disable-log-requests'])).toEqual({ errors: [], warnings: [] });
  expect(refusalOf([MODEL, '--disable-log-requests'])).toBeUndefined();
});

test.each([
  ['a removed flag', ['--swap-space=4']],
  ['a removed flag that begins two living ones', ['--device=cuda']],
  ['a misspelled flag', ['--max-modl-len=8192']],
  ['a choice that is none', ['--dtype=bfloat17']],
  ['a number that is none', ['--max-num-seqs=many']],
  ['a whole number with a fraction', ['--tensor-parallel-size=1.5']],
  ['a fraction of a binary unit', ['--max-model-len=1.5K']],
  ['no JSON', ['--compilation-config={']],
  ['a value of a switch', ['--enforce-eager=true']],
  ['a missing value', ['--max-model-len']],
  ['a second model', ['--enforce-eager', 'other-model']],
])('both refuse %s', async (_, args) => {
  expect((await checker.check([MODEL, ...args])).errors).not.toEqual([]);
  expect(refusalOf([MODEL, ...args])).toBeDefined();
});

test.each([
  ['--model', [`--model=${MODEL}`]],
  ['a deprecated flag', [MODEL, '--log-config-file=log.json']],
  ['another deprecated flag', [MODEL, '--disable-cascade-attn']],
  ['a flag given twice', [MODEL, '--port=8000', '--port=8001']],
])('vLLM warns of %s, and it is refused', async (_, args) => {
  expect((await checker.check(args)).warnings).not.toEqual([]);
  expect(refusalOf(args)).toBeDefined();
});

test.each([
  ['a cut-off flag', ['--max-model=8192']],
  ['a utilisation above 1', ['--gpu-memory-utilization=1.5']],
  ['no GPU', ['--tensor-parallel-size=0']],
  ['a quantization that became a plugin', ['--quantization=gguf']],
  ['an unknown load format', ['--load-format=fast']],
  ['an unknown tool call parser', ['--tool-call-parser=gemma99']],
  ['an empty API key', ['--api-key', '']],
])('vLLM takes %s and fails later, or guesses; it is refused', async (_, args) => {
  expect(await checker.check([MODEL, ...args])).toEqual({ errors: [], warnings: [] });
  expect(refusalOf([MODEL, ...args])).toBeDefined();
});

test('every flag of the registry is one of the parser, spelled as it says', async () => {
  const unknown: string[] = [];
  // the command line moves the value of --model to the front, where there is a model already
  for (const name of release.flagNames.filter(known => known !== '--model')) {
    const flag = release.flag(name);
    for (const spelling of [name, ...flag.negated ?? []]) {
      const { errors } = await checker.check([MODEL, flag.type === 'boolean' ? spelling : `${spelling}=?`]);
      if (errors.some(error => /unrecognized|ambiguous/.test(error))) {
        unknown.push(spelling);
      }
    }
  }
  expect(unknown).toEqual([]);
});

test('every default of the registry is a value that both take', async () => {
  const refused: string[] = [];
  for (const name of release.flagNames.filter(known => !release.flag(known).deprecated && known !== '--model')) {
    const { type, default: value, list } = release.flag(name);
    if (type === 'boolean' || list || value === undefined || value === '' || typeof value === 'object') {
      continue;
    }
    const args = [MODEL, `${name}=${String(value)}`];
    refused.push(...(await checker.check(args)).errors, ...[refusalOf(args) ?? []].flat());
  }
  expect(refused).toEqual([]);
});
