import { wholeNumber } from '../common/whole-number';
import { Refusal } from '../common/refusal';
import { MOST_API_SERVERS } from './server-processes';
import { ThroughputPlanProps } from './throughput-plan-props';

const MOST_CLIENTS = 100_000;

/** @throws on a load that no server has, or that this one refuses */
export function checkThroughputPlanProps(props: ThroughputPlanProps): void {
  const { memory, inputTokens, outputTokens, clients, requestsPerSecond, apiServerCount } = props;
  const { model, accelerator, maxModelLen } = memory;
  whole('inputTokens', inputTokens);
  whole('outputTokens', outputTokens);
  if (clients !== undefined) {
    whole('clients', clients, MOST_CLIENTS);
  }
  if (apiServerCount !== undefined) {
    whole('apiServerCount', apiServerCount, MOST_API_SERVERS);
  }
  if ((clients === undefined) === (requestsPerSecond === undefined)) {
    throw refusal(clients === undefined
      ? 'needs \'clients\' or \'requestsPerSecond\'; give one of them'
      : `takes either 'clients' (${clients}) or 'requestsPerSecond' (${requestsPerSecond}), not both; leave one out`);
  }
  if (requestsPerSecond !== undefined && !(requestsPerSecond > 0 && Number.isFinite(requestsPerSecond))) {
    throw refusal(`'requestsPerSecond' (${requestsPerSecond}) must be a number above 0`);
  }
  if (accelerator.speed === undefined) {
    throw refusal(`needs the speed of ${accelerator.displayName}; give it as 'speed' of Accelerator.of(...)`);
  }
  if (!memory.fits) {
    throw refusal(`needs a server that fits: ${memory.explain()}`);
  }
  if (inputTokens + outputTokens > maxModelLen) {
    throw refusal(`'inputTokens' (${inputTokens}) and 'outputTokens' (${outputTokens}) are ${inputTokens + outputTokens} tokens together, but`
      + ` maxModelLen of ${model.id} is ${maxModelLen} here; ask for at most ${maxModelLen} together`);
  }
}

function whole(prop: string, value: number, most?: number): void {
  wholeNumber(prop, value, 1, most, 'ThroughputPlan: ');
}

function refusal(text: string): Refusal {
  return new Refusal(`ThroughputPlan: ${text}`);
}
