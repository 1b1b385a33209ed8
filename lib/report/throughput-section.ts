import { Refusal } from '../common/refusal';
import { ThroughputBasis } from '../planning';
import { duration, grouped } from './figures';
import { Html, html } from './html';
import { basisOf, throughputChart } from './throughput-chart';
import { CurvePoint, ThroughputCurve } from './throughput-curve';

const BASES: { readonly [basis in ThroughputBasis | 'mixed']: string } = {
  measured: 'Measured.',
  fitted: 'Fitted: within what the coefficients were measured on.',
  estimate: 'An estimate:',
  mixed: 'Partly measured; the others are predicted:',
};

/** How one server answers more and more clients. */
export function throughputFigure(curve: ThroughputCurve | Refusal): Html {
  if (curve instanceof Refusal) {
    return html`<p class=refused>No throughput: ${curve.message}</p>`;
  }
  const { points } = curve;
  const basis = basisOf(points);
  // What only holds for some points is said of them: the table has their clients.
  const notes = [...new Set(points.flatMap(({ plan }) => plan.notes))].filter(note => !note.startsWith('clients '));
  return html`<figure>
<figcaption>${BASES[basis]} ${notes.join('; ')}${notes.length > 0 ? '.' : ''}</figcaption>
${throughputChart(curve)}
<table>
<thead><tr><th scope=col>clients<th scope=col>tok/s<th scope=col>first token<th scope=col>next token\
<th scope=col>bound by<th scope=col>goals
<tbody>
${points.map(point => rowOf(point, basis))}</table>
</figure>`;
}

function rowOf({ clients, plan, misses }: CurvePoint, basis: ThroughputBasis | 'mixed'): Html {
  const { outputTokensPerSecond, timeToFirstTokenSeconds, interTokenLatencySeconds, boundBy } = plan;
  return html`<tr><th scope=row>${clients}<td>${grouped(outputTokensPerSecond)}${basis === 'mixed' ? ` ${plan.basis}` : ''}\
<td>${duration(timeToFirstTokenSeconds.median)}<td>${duration(interTokenLatencySeconds.median)}<td>${boundBy}\
<td>${misses.length === 0 ? 'kept' : html`<b>missed</b>`}
`;
}
