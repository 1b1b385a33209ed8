import { Accelerator } from '../catalog';
import { USUAL_LOAD } from '../planning/serving-goal';
import { Command, Output } from './command';
import { ExitCode, Failure } from './failure';
import { Environment } from './hub-token';
import { measuredLoad, measurementsOf, readMeasured } from './measured';
import { planRequest } from './plan-arguments';
import { planJson } from './plan-json';
import { modelOf } from './plan-model';
import { planTable } from './plan-table';
import { survey, SurveyRequest } from './survey';

const USAGE = 'usage: npx cdk8s-vllm plan <hugging-face-id, folder or lock> [--input N] [--output N] [--clients N | --rate R]';

const HELP = `${USAGE}

Says which machines hold a model, how fast one server on them answers a load, and what that costs. Nothing is
deployed, and the hub is asked only for what neither the catalogue nor models/<hugging-face-id>.json has.

  --input N          tokens of a prompt; ${USUAL_LOAD.inputTokens} without it
  --output N         tokens of an answer; ${USUAL_LOAD.outputTokens} without it
  --clients N        clients who each ask again as soon as they have their answer; ${USUAL_LOAD.clients} without it
  --rate R           requests a second instead, whatever happens to earlier ones
  --ttft TIME        goal for the median time to the first token, such as 500ms or 2s
  --itl TIME         goal for the median time between two tokens, such as 50ms
  --accelerator ID   only this one, and may be given again: ${Accelerator.all().map(({ id }) => id).slice(0, 4).join(', ')},
                     ${Accelerator.all().map(({ id }) => id).slice(4).join(', ')}
  --region R         only machines that are there, as far as is known, such as us-central1
  --measured FILE    summary.json of a load test, or what vllm bench serve --save-result wrote, and may be given again:
                     its figures stand in the line of that server and load, and the predicted ones below it; a load
                     that is not given is that of the first file
  --measured-on ID:N accelerator and number of GPUs of the server that was measured, such as l4:2
  --json             for programs: one object, with everything that the table leaves out
  --revision R       branch, tag or commit on the hub; main without it
  --trust-remote-code, --skip-tokenizer-init  as for lock
  --help             this text

Sorted by the price of a million tokens, those that meet the goals first. HF_TOKEN and HF_ENDPOINT are as for lock.

Exit codes: 0 some machine does it, 1 none does, 64 wrong usage, 65 the model cannot be planned, 66 no such model,
revision or file, 69 the hub does not answer, 77 no permission.`;

const NOTHING = 1;

/** `npx cdk8s-vllm plan`. */
export const PLAN: Command = { usage: USAGE, help: HELP, run: plan };

async function plan(args: string[], environment: Environment, output: Output): Promise<number> {
  const asked = planRequest(args);
  if (asked.help) {
    output.out(HELP);
    return 0;
  }
  const measured = asked.measured && readMeasured(asked.measured);
  const load = asked.load(measured ? measuredLoad(measured) : USUAL_LOAD);
  const model = await modelOf(asked.model(), environment, output);
  const request = { ...asked.survey, load, model, measurements: measured && measurementsOf(model, measured) };
  requireRoom(request);
  const found = survey(request);
  const lines = asked.json ? [planJson(request, found)] : planTable(request, found, output.colours ?? false);
  lines.forEach(line => output.out(line));
  return found.candidates.some(({ misses }) => misses.length === 0) ? 0 : NOTHING;
}

/** @throws on a load that is longer than the model takes on any machine */
function requireRoom({ model, load: { inputTokens, outputTokens } }: SurveyRequest): void {
  if (inputTokens + outputTokens > model.maxModelLen) {
    throw new Failure(ExitCode.USAGE, `--input ${inputTokens} and --output ${outputTokens} are ${inputTokens + outputTokens} tokens together, and`
      + ` ${model.id} takes at most ${model.maxModelLen}`);
  }
}
