import { ThroughputBasis } from '../planning';
import { grouped, scaled } from './figures';
import { Html, html } from './html';
import { CurvePoint, ThroughputCurve } from './throughput-curve';

const [WIDTH, HEIGHT] = [300, 80];
/** Room for the marks of the first and last point, and for the numbers at the axes. */
const [LEFT, TOP] = [76, 8];

/** Tokens a second against clients, on a logarithmic axis. A square was measured; what misses a goal lies in the shaded part. */
export function throughputChart({ points, kept }: ThroughputCurve): Html {
  const most = Math.max(...points.map(({ plan }) => plan.outputTokensPerSecond));
  const last = points[points.length - 1].clients;
  const x = (clients: number) => LEFT + scaled(Math.log2(clients), Math.max(1, Math.log2(last)), WIDTH);
  const y = (tokens: number) => TOP + HEIGHT - scaled(tokens, most, HEIGHT);
  const placed = points.map(({ clients, plan }) => ({ clients, basis: plan.basis, x: x(clients), y: y(plan.outputTokensPerSecond) }));
  const shade = kept === undefined ? LEFT - 8 : x(kept.clients) + 8;
  return html`<svg class=chart viewBox="0 0 ${LEFT + WIDTH + 12} ${TOP + HEIGHT + 24}" role=img \
aria-label="Tokens a second against clients, as in the table below">
${points.some(({ misses }) => misses.length > 0) ? html`<path class=late d="M${shade} ${TOP - 4}H${LEFT + WIDTH + 8}v${HEIGHT + 8}H${shade}z"/>\n` : undefined}\
<path class=axis d="M${LEFT - 8} ${TOP}v${HEIGHT}h${WIDTH + 16}"/>
<path class=line d="M${placed.map(point => `${point.x} ${point.y}`).join('L')}"/>
${placed.map((point, index) => html`${mark(point)}<text x=${point.x} y=${TOP + HEIGHT + 18}>${point.clients}${index === 0 ? ' client' : ''}</text>\n`)}\
<text class=most x=${LEFT - 12} y=${TOP + 5}>${grouped(most)} tok/s</text>
</svg>`;
}

function mark({ x, y, basis }: { readonly x: number; readonly y: number; readonly basis: ThroughputBasis }): Html {
  return basis === 'measured'
    ? html`<path class=measured d="M${x - 4} ${y - 4}h8v8h-8z"/>`
    : html`<circle class=${basis} cx=${x} cy=${y} r=4 />`;
}

/** What the points of a curve have in common, or `mixed`. */
export function basisOf(points: readonly CurvePoint[]): ThroughputBasis | 'mixed' {
  const bases = new Set(points.map(({ plan }) => plan.basis));
  return bases.size === 1 ? points[0].plan.basis : 'mixed';
}
