import { StartupPlan } from '../planning';
import { bar } from './bar';
import { duration } from './figures';
import { Html, html } from './html';

/** What a new server waits for, one after the other. */
export function startFigure(plan: StartupPlan): Html {
  const { nodeSeconds, imagePullSeconds, loadSeconds, engineSeconds, readySeconds, newNodeSeconds, budgetSeconds } = plan;
  const part = (colour: string, name: string, size: number) => ({ colour, name, size, figure: duration(size) });
  return html`<figure>
<figcaption>A new server answers after ${duration(readySeconds)}, on a new node after \
${duration(newNodeSeconds)} at most.</figcaption>
${bar('Timeline of the durations below, in their order', [
  part('o', 'node', nodeSeconds), part('d', 'image', imagePullSeconds), part('w', 'weights', loadSeconds),
  part('k', 'start, compilation, warm-up', engineSeconds),
])}
</figure>
<p>The startup probe gives it ${duration(budgetSeconds)}.</p>`;
}
