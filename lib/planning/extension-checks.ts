import { Refusal } from '../common/refusal';
import { Lora, LORA_RANKS, LORA_VOCABULARY, loraPlaces } from './lora';
import { ResolvedMemoryProps } from './memory-plan-props';
import { DRAFTING, Speculation, WITH_NEXT_TOKEN_LAYER } from './speculation';
import { legalTensorParallelSizes, undivided } from './tensor-parallel';

/** A folder below the mounted weights, and nothing above it. */
const FOLDER = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** @throws on adapters that vLLM would refuse, or that find no place */
export function checkLora({ model }: ResolvedMemoryProps, lora: Lora | undefined): void {
  if (!lora) {
    return;
  }
  const { maxLoras, maxRank } = loraPlaces(lora);
  const adapters = Object.entries(lora.adapters ?? {});
  if (!LORA_RANKS.includes(maxRank)) {
    const above = LORA_RANKS.find(rank => rank >= maxRank);
    throw refusal(`'lora.maxRank' (${maxRank}) is none of ${LORA_RANKS.join(', ')}; use ${above ?? LORA_RANKS.at(-1)}`);
  }
  requireCount('lora.maxLoras', maxLoras);
  if (adapters.length > maxLoras) {
    throw refusal(`'lora.adapters' has ${adapters.length} adapters, but 'lora.maxLoras' (${maxLoras}) has a place for ${maxLoras};`
      + ` set maxLoras to ${adapters.length}, or leave it out`);
  }
  for (const [name, folder] of adapters) {
    requireFolder(`lora.adapters.${name}`, folder);
  }
  if (model.vocabSize > LORA_VOCABULARY && !model.tieWordEmbeddings) {
    throw refusal(`${model.id} has ${model.vocabSize} tokens; a head with more than ${LORA_VOCABULARY} takes no adapter. Leave lora out`);
  }
}

/** @throws on speculation that vLLM would refuse, or whose memory is not known */
export function checkSpeculation({ model, tensorParallelSize }: ResolvedMemoryProps, speculative: Speculation | undefined): void {
  if (!speculative) {
    return;
  }
  const { method, numTokens, draftModel, draftFolder } = speculative;
  requireCount('speculative.numTokens', numTokens);
  if (DRAFTING.includes(method) !== (draftModel !== undefined)) {
    throw refusal(`'speculative.method' (${method}) ${draftModel ? 'takes no draftModel; leave it out' : 'needs a draftModel'}`);
  }
  if (draftFolder !== undefined) {
    requireFolder('speculative.draftFolder', draftFolder);
  }
  if (method === 'mtp' && !WITH_NEXT_TOKEN_LAYER.includes(model.architecture)) {
    throw refusal(`'speculative.method' (mtp) needs a next-token layer in the checkpoint, which ${model.id} is not known to have;`
      + ' use ngram, or a draft model');
  }
  if (!draftModel) {
    return;
  }
  if (method === 'draft_model' && draftModel.vocabSize !== model.vocabSize) {
    throw refusal(`the draft model ${draftModel.id} has ${draftModel.vocabSize} tokens, ${model.id} has ${model.vocabSize};`
      + ' take a draft model of the same family, or ngram');
  }
  const cut = undivided(draftModel, tensorParallelSize);
  if (cut) {
    throw refusal(`the ${cut.count} ${cut.what} of the draft model ${draftModel.id} are not divisible by`
      + ` 'tensorParallelSize' (${tensorParallelSize}); legal sizes are ${legalTensorParallelSizes(draftModel, 16).join(', ')}`);
  }
}

function requireCount(prop: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw refusal(`'${prop}' (${count}) must be a whole number of at least 1`);
  }
}

function requireFolder(prop: string, folder: string): void {
  if (!FOLDER.test(folder)) {
    throw refusal(`'${prop}' (${folder}) must be a folder below the weights, for example adapters/sql`);
  }
}

function refusal(text: string): Refusal {
  return new Refusal(`MemoryPlan: ${text}`);
}
