import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { install } from '../../test/rig/vllm/install';
import { differences } from './differences';
import { ArchitectureRow } from './row';

export interface TruthRequest {
  readonly name: string;
  /** A `config.json`, or a row. As text: the real package tells 1 from 1.0. */
  readonly text: string;
  /** Tensor parallel sizes. */
  readonly sizes: readonly number[];
  /**
   * Lengths of a request.
   * @default - up to the model's own
   */
  readonly tokens?: readonly number[];
}

/** Where vLLM's own log goes. */
type Log = 'ignore' | 'inherit';

/** What the real vLLM of that release makes of each model: the text of a row, as soon as it is known. */
export async function* truths(requests: readonly TruthRequest[], release: string, log: Log = 'ignore'): AsyncGenerator<string> {
  const home = mkdtempSync(join(tmpdir(), 'vllm-truth-'));
  const python = spawn(join(install(release), 'bin', 'python'), [join(__dirname, 'truth.py')], {
    // an empty environment and home: nothing of the caller's may change what vLLM decides, and nothing is asked of a hub
    env: { PATH: '/usr/bin:/bin', HOME: home, HF_HUB_OFFLINE: '1', PYTHONDONTWRITEBYTECODE: '1', VLLM_NO_USAGE_STATS: '1' },
    stdio: ['pipe', 'pipe', log],
  });
  const ended = new Promise<number | null>((resolve, reject) => python.once('error', reject).once('close', resolve));
  // a program that ends before it has read all is told by its exit code
  python.stdin!.on('error', () => undefined);
  try {
    python.stdin!.end(requests.map(request => `${JSON.stringify(request)}\n`).join(''));
    yield* createInterface(python.stdout!);
    const code = await ended;
    if (code !== 0) {
      throw new Error(`truth.py ended with ${code}; --log shows why`);
    }
  } finally {
    python.kill();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Asks for what a row's truth has: its sizes and its lengths. */
export function requestOf(text: string): TruthRequest {
  const { name, truth } = JSON.parse(text) as ArchitectureRow;
  const lengths = Object.values(truth.requestBytes ?? {}).flatMap(Object.keys).filter(length => length !== 'any').map(Number);
  const sizes = [...Object.keys(truth.requestBytes ?? { TP1: 0 }), ...Object.keys(truth.weightsBytesPerGpu ?? {})]
    .map(size => Number(size.replace('TP', '')));
  const unique = (numbers: number[]) => [...new Set(numbers)].sort((a, b) => a - b);
  return { name, text, sizes: unique([...sizes, ...truth.refusedTensorParallelSizes ?? []]), tokens: unique(lengths) };
}

/** Texts by the name of their model: rows of a `.jsonl`, a `config.json`, a file `NAME.json`, wherever they lie in a folder. */
export function textsIn(path: string): [name: string, text: string][] {
  if (statSync(path).isDirectory()) {
    return readdirSync(path).sort().map(name => join(path, name))
      .filter(entry => statSync(entry).isDirectory() || /\.jsonl?$/.test(entry)).flatMap(textsIn);
  }
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.jsonl')) {
    return text.trim().split('\n').map(line => [(JSON.parse(line) as ArchitectureRow).name, line]);
  }
  return [[basename(path) === 'config.json' ? basename(dirname(resolve(path))) : basename(path, '.json'), text]];
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      release: { type: 'string', default: '0.33.0' },
      'tensor-parallel-sizes': { type: 'string', default: '1,2,4,8' },
      tokens: { type: 'string' },
      compare: { type: 'boolean', default: false },
      log: { type: 'boolean', default: false },
    },
  });
  const sizes = values['tensor-parallel-sizes'].split(',').map(Number);
  const tokens = values.tokens?.split(',').map(Number);
  const texts = new Map(positionals.flatMap(textsIn));
  const requests = [...texts].map(([name, text]) => values.compare ? requestOf(text) : { name, text, sizes, tokens });
  for await (const line of truths(requests, values.release, values.log ? 'inherit' : 'ignore')) {
    console.log(values.compare ? comparison(line, texts) : line);
  }
}

function comparison(line: string, texts: ReadonlyMap<string, string>): string {
  const { name, truth } = JSON.parse(line) as ArchitectureRow;
  const found = differences((JSON.parse(texts.get(name)!) as ArchitectureRow).truth, truth);
  process.exitCode = found.length > 0 ? 1 : process.exitCode;
  return [`${name}: ${found.length === 0 ? 'the same' : ''}`, ...found].join('\n  ');
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
