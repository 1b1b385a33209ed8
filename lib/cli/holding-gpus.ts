import { Accelerator, Model } from '../catalog';
import { orRefusal, Refusal } from '../common/refusal';
import { MemoryPlan, MemoryPlanProps } from '../planning';
import { suffices, tensorParallelSizes } from '../planning/smallest-plan';

type Setting = Pick<MemoryPlanProps, 'dtype' | 'maxModelLen'>;

/** What one would try in turn: as it is, in float16 where there is no bfloat16, then with a shorter context. */
const SETTINGS: Setting[] = [{}, { dtype: 'half' }, { maxModelLen: 'auto' }, { dtype: 'half', maxModelLen: 'auto' }];

/** One line for each accelerator: the smallest tensor parallel size that holds the model, and the context that goes with it. */
export function holdingGpus(model: Model): string[] {
  return Accelerator.all().map(accelerator => `${accelerator.id.padEnd(14)}${answerFor(model, accelerator)}`);
}

function answerFor(model: Model, accelerator: Accelerator): string {
  const contradictions: Refusal[] = [];
  for (const setting of SETTINGS) {
    const props = { model, accelerator, ...setting };
    // A contradiction of model and card is an answer as well.
    const plan = orRefusal(() => MemoryPlan.smallest(props));
    if (plan instanceof Refusal) {
      contradictions.push(plan);
    } else if (suffices(plan, props)) {
      const length = plan.maxModelLen < model.maxModelLen ? `maxModelLen <= ${plan.maxModelLen}` : `all ${model.maxModelLen} tokens`;
      return `tensorParallelSize ${plan.tensorParallelSize}, ${length}${setting.dtype ? `, dtype ${setting.dtype}` : ''}`;
    }
  }
  return contradictions.length === SETTINGS.length
    ? `no: ${contradictions[0].message.replace(/^MemoryPlan: /, '').split(';')[0]}`
    : `no, not with ${tensorParallelSizes({ model, accelerator }).at(-1)} of them either`;
}
