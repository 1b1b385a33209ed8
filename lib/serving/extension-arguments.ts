import { loraPlaces } from '../planning/lora';
import { Refusal } from '../common/refusal';
import { VllmServerProps } from './vllm-server-props';

type Planned = [flag: string, value: string | number | boolean | undefined];

/** A name that requests ask for, as far as an expression of an alert and `--lora-modules` can hold it. */
const ADAPTER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:@+-]*$/;

/** The flags of adapters and of speculative decoding; `--lora-modules`, which takes several values, is not among them. */
export function extensionArguments({ lora, speculative, weights }: VllmServerProps): Planned[] {
  const places = lora && loraPlaces(lora);
  const folder = speculative?.draftFolder ?? speculative?.draftModel?.id.split('/').at(-1);
  return [
    ['--enable-lora', places && true],
    ['--max-loras', places?.maxLoras],
    ['--max-lora-rank', places?.maxRank],
    ['--speculative-config', speculative && JSON.stringify({
      method: speculative.method,
      num_speculative_tokens: speculative.numTokens,
      ...(folder === undefined ? {} : { model: `${weights.mountPath}/${folder}` }),
    })],
  ];
}

/**
 * `--lora-modules` with each adapter's name and folder; nothing without adapters.
 *
 * @throws on a name that requests could not ask for, or that is the model's
 */
export function adapterArguments({ lora, weights }: VllmServerProps, servedModelName: string): string[] {
  const adapters = Object.entries(lora?.adapters ?? {});
  for (const [name] of adapters) {
    if (!ADAPTER_NAME.test(name)) {
      throw new Refusal(`'lora.adapters' has the name '${name}'; it must be letters, digits and any of _ . : @ + -, starting with a letter or digit`);
    }
    if (name === servedModelName) {
      throw new Refusal(`'lora.adapters' has the name '${name}', which is that of the model; give the adapter another one`);
    }
  }
  return adapters.length === 0 ? [] : ['--lora-modules', ...adapters.map(([name, folder]) => `${name}=${weights.mountPath}/${folder}`)];
}
