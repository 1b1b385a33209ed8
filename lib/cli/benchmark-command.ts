import * as path from 'node:path';
import { benchmarkFiles } from './benchmark';
import { Command, Output, parsed } from './command';
import { ExitCode, Failure } from './failure';
import { Environment } from './hub-token';
import { writeFile } from './write-file';

const USAGE = 'usage: npx cdk8s-vllm benchmark <file>... [--output FOLDER] [--parameters JSON]';

const HELP = `${USAGE}

Writes input.jsonl, which BatchInference asks a server, and labels.jsonl, which ModelEvaluation compares the answers
with. What is read are the files of a public benchmark, from your disk:

  FILE.csv    question, choices A to D, letter of the right one, as in MMLU; with a header the columns may stand in
              any order, and a table of question and answer alone asks for free text
  FILE.jsonl  {"question": …, "answer": …} a line, as in GSM8K, where the reference is what stands behind ####; or with
              "choices", as MMLU and ARC have them

  --output FOLDER    where the two files go; this folder without it
  --parameters JSON  of each request; {"temperature": 0} without it
  --help             this text

Each question asks for a last line "Answer: …", and what stands there is what counts.

Exit codes: 0 written, 64 wrong usage, 65 a row is malformed, 66 no such file, 73 a file cannot be written. Nothing is
written unless all rows are well.`;

/** `npx cdk8s-vllm benchmark`. */
export const BENCHMARK: Command = { usage: USAGE, help: HELP, run: benchmark };

/** @throws on what it is called wrongly with, and on all that its files have wrong */
async function benchmark(args: string[], _environment: Environment, { out }: Output): Promise<number> {
  const { positionals: files, values } = parsed(args, {
    output: { type: 'string' }, parameters: { type: 'string' }, help: { type: 'boolean', short: 'h' },
  });
  if (values.help) {
    out(HELP);
    return 0;
  }
  if (files.length === 0) {
    throw new Failure(ExitCode.USAGE, 'say which files');
  }
  const folder = values.output ?? '.';
  const { questions, input, labels } = benchmarkFiles(files, parametersOf(values.parameters ?? '{"temperature": 0}'));
  for (const [name, text] of Object.entries({ 'input.jsonl': input, 'labels.jsonl': labels })) {
    writeFile(path.join(folder, name), text);
  }
  out(`${questions} questions of ${files.length} ${files.length === 1 ? 'file' : 'files'}: wrote ${path.join(folder, 'input.jsonl')} and labels.jsonl`);
  return 0;
}

function parametersOf(text: string): object {
  let parameters: unknown;
  try {
    parameters = JSON.parse(text);
  } catch {
    parameters = undefined;
  }
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw new Failure(ExitCode.USAGE, `--parameters (${text}) must be a JSON object, for example {"temperature": 0}`);
  }
  return parameters;
}
