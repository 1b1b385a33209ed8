import { Accelerator, MachineType, Model } from '../catalog';
import { MemoryPlan, MemoryPlanProps } from '../planning';
import { legalTensorParallelSizes } from '../planning/memory-checks';

type Setting = Pick<MemoryPlanProps, 'dtype' | 'maxModelLen'>;

/** What one would try in turn: as it is, in float16 where there is no bfloat16, then with a shorter context. */
const SETTINGS: Setting[] = [{}, { dtype: 'half' }, { maxModelLen: 'auto' }, { dtype: 'half', maxModelLen: 'auto' }];
/** Shorter is not worth a server. */
const SHORTEST_USEFUL_LEN = 2048;

/** One line for each accelerator: the smallest tensor parallel size that holds the model, and the context that goes with it. */
export function holdingGpus(model: Model): string[] {
  return Accelerator.all().map(accelerator => `${accelerator.id.padEnd(14)}${answerFor(model, accelerator)}`);
}

function answerFor(model: Model, accelerator: Accelerator): string {
  const most = Math.max(1, ...MachineType.forAccelerator(accelerator).map(machine => machine.gpus));
  const sizes = legalTensorParallelSizes(model.attentionHeads, most);
  const tried = SETTINGS.flatMap(setting =>
    sizes.map(tensorParallelSize => ({ ...setting, plan: tryPlan({ model, accelerator, tensorParallelSize, ...setting }) })));
  for (const { plan, dtype } of tried) {
    if (plan instanceof MemoryPlan && plan.fits && plan.maxModelLen >= Math.min(SHORTEST_USEFUL_LEN, model.maxModelLen)) {
      const length = plan.maxModelLen < model.maxModelLen ? `maxModelLen <= ${plan.maxModelLen}` : `all ${model.maxModelLen} tokens`;
      return `tensorParallelSize ${plan.tensorParallelSize}, ${length}${dtype ? `, dtype ${dtype}` : ''}`;
    }
  }
  const contradictions = tried.map(({ plan }) => plan).filter(plan => plan instanceof Error);
  return contradictions.length === tried.length
    ? `no: ${contradictions[0].message.replace(/^MemoryPlan: /, '').split(';')[0]}`
    : `no, not with ${sizes.at(-1)} of them either`;
}

/** A contradiction of model and card is an answer as well. */
function tryPlan(props: MemoryPlanProps): MemoryPlan | Error {
  try {
    return MemoryPlan.of(props);
  } catch (error) {
    return error as Error;
  }
}
