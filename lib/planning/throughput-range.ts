import { Accelerator } from '../catalog';
import { PUBLIC_MEASUREMENTS } from '../catalog/public-measurements';
import { ThroughputPlanProps } from './throughput-plan-props';

/** What the coefficients were measured on: `test/planning/speeds.jsonl`, vLLM 0.32.0 on H200. */
const MEASURED = {
  release: '0.32.0', accelerator: Accelerator.H200, inputTokens: [128, 4096], outputTokens: [128, 512], clients: [1, 256], gpus: [1, 2],
  parameterBytes: [1.1e9, 66e9], apiServerCount: [1, 4],
} as const;

/** The same for people. */
export const MEASURED_ON = `vLLM ${MEASURED.release} on ${MEASURED.accelerator.displayName}`;

/** Predicted for published tokens a second of public measurements, the least and the most: `test/planning/public-measurements.test.ts`. */
export const PUBLIC_SPREADS: { readonly [accelerator: string]: readonly [number, number] } = {
  l4: [1.1, 1.3], 'a100-80gb': [0.9, 1.5], h100: [1.2, 2.4], b200: [3.3, 3.3],
};

/** How far a card of which others published figures is from them. */
function publicSpread({ id, displayName }: Accelerator): string[] {
  const spread = PUBLIC_SPREADS[id];
  const count = PUBLIC_MEASUREMENTS.filter(({ accelerator }) => accelerator === id).length;
  return spread === undefined ? [] : [`${count} public ${count === 1 ? 'measurement' : 'measurements'} of ${displayName}: predicted is ${
    spread[0] === spread[1] ? '' : `${spread[0]} to `}${spread[1]} times the published`];
}

/** What of a load and its server lies outside of the measured; empty within. */
export function beyondMeasured({ memory, inputTokens, outputTokens, clients = 1, apiServerCount = 1 }: ThroughputPlanProps): string[] {
  const { model, accelerator, release, tensorParallelSize, pipelineParallelSize, props } = memory;
  const outside = (what: string, value: number, [least, most]: readonly [number, number], unit = '') =>
    value < least || value > most ? [`${what} ${value}${unit} is outside of the measured ${least} to ${most}`] : [];
  const quantized = props.quantization ?? model.quantization;
  return [
    ...accelerator.id === MEASURED.accelerator.id ? [] : [`${accelerator.displayName} was not measured: its data sheet is scaled as that of H200`],
    ...publicSpread(accelerator),
    ...release.version === MEASURED.release ? [] : [`vLLM ${release.version} was not measured: it is taken to be as fast as ${MEASURED.release}`],
    ...outside('inputTokens', inputTokens, MEASURED.inputTokens),
    ...outside('outputTokens', outputTokens, MEASURED.outputTokens),
    ...outside('clients', clients, MEASURED.clients),
    ...outside('apiServerCount', apiServerCount, MEASURED.apiServerCount),
    ...outside('the number of GPUs', tensorParallelSize * pipelineParallelSize, MEASURED.gpus),
    ...outside('weights in GB:', Math.round(model.weightsBytes / 1e8) / 10, [MEASURED.parameterBytes[0] / 1e9, MEASURED.parameterBytes[1] / 1e9]),
    ...quantized === undefined || quantized === 'fp8' ? [] : [`weights in ${quantized} were not measured`],
    ...model.caches?.some(cache => cache.kind === 'recurrent') ? ['layers with a state were not measured'] : [],
    ...props.lora ? ['what adapters cost is not counted'] : [],
    ...props.speculative ? ['what speculation gains or costs is not counted'] : [],
  ];
}
