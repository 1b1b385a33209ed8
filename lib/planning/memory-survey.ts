import { Accelerator, Model } from '../catalog';
import { requireProps } from '../common/props';
import { orRefusal, Refusal } from '../common/refusal';
import { MemoryPlan } from './memory-plan';
import { MemoryPlanProps } from './memory-plan-props';
import { suffices, tensorParallelSizes } from './smallest-plan';

/** Props of `MemorySurvey.of`. */
export interface MemorySurveyProps {
  /** The model that is to be served. */
  readonly model: Model;
  /**
   * The GPUs that are asked.
   * @default - all of the catalogue
   */
  readonly accelerators?: readonly Accelerator[];
}

/** What one accelerator says to a model: a plan that fits, or why there is none. */
export interface MemoryAnswer {
  /** The GPU that was asked. */
  readonly accelerator: Accelerator;
  /** The smallest plan that fits; undefined where there is none. */
  readonly plan?: MemoryPlan;
  /** What the plan needs that is not the default of `MemoryPlan.of`, such as `dtype` on a card without bfloat16. */
  readonly settings: Pick<MemoryPlanProps, 'dtype' | 'maxModelLen'>;
  /** Why no number of these GPUs in one machine serves the model; undefined where a plan fits. */
  readonly reason?: string;
}

type Settings = MemoryAnswer['settings'];

/** What one would try in turn: as it is, in float16 where there is no bfloat16, then with a shorter context. */
const SETTINGS: Settings[] = [{}, { dtype: 'half' }, { maxModelLen: 'auto' }, { dtype: 'half', maxModelLen: 'auto' }];

/**
 * Which accelerators hold a model, with how many GPUs and how much context, and why the others do not. A card that can never serve it is an
 * answer with a reason and no error.
 */
export class MemorySurvey {
  /** Asks each accelerator in turn. */
  static of(props: MemorySurveyProps): MemorySurvey {
    requireProps('MemorySurveyProps', props, 'MemorySurvey');
    const accelerators = props.accelerators ?? Accelerator.all();
    return new MemorySurvey(accelerators.map(accelerator => answerOf(props.model, accelerator)));
  }

  private constructor(
    /** One of each accelerator, in the order in which they were asked. */
    readonly answers: readonly MemoryAnswer[],
  ) {}

  /** A line for each accelerator: the smallest tensor parallel size that holds the model, and its context, or the reason. */
  get lines(): string[] {
    return this.answers.map(answer => `${answer.accelerator.id.padEnd(14)}${sentenceOf(answer)}`);
  }
}

function answerOf(model: Model, accelerator: Accelerator): MemoryAnswer {
  const contradictions: Refusal[] = [];
  for (const settings of SETTINGS) {
    const props = { model, accelerator, ...settings };
    // A contradiction of model and card is an answer as well.
    const plan = orRefusal(() => MemoryPlan.smallest(props));
    if (plan instanceof Refusal) {
      contradictions.push(plan);
    } else if (suffices(plan, props)) {
      return { accelerator, plan, settings };
    }
  }
  const reason = contradictions.length === SETTINGS.length
    ? contradictions[0].message.replace(/^MemoryPlan: /, '').split(';')[0]
    : `not with ${tensorParallelSizes({ model, accelerator }).at(-1)} of them either`;
  return { accelerator, settings: {}, reason };
}

function sentenceOf({ plan, reason, settings }: MemoryAnswer): string {
  if (plan === undefined) {
    return reason!.startsWith('not ') ? `no, ${reason}` : `no: ${reason}`;
  }
  const { maxModelLen, model, tensorParallelSize } = plan;
  const length = maxModelLen < model.maxModelLen ? `maxModelLen <= ${maxModelLen}` : `all ${model.maxModelLen} tokens`;
  return `tensorParallelSize ${tensorParallelSize}, ${length}${settings.dtype ? `, dtype ${settings.dtype}` : ''}`;
}
