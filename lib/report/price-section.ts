import { orRefusal, Refusal } from '../common/refusal';
import { Placement, PriceKind, TokenPrice } from '../planning';
import { usd } from './figures';
import { Html, html } from './html';
import { CurvePoint, ThroughputCurve } from './throughput-curve';

const KINDS: readonly { readonly kind: PriceKind; readonly name: string }[] = [{ kind: 'on-demand', name: 'On demand' }, { kind: 'spot', name: 'Spot' }];

/** What a server's hour and its tokens cost, with most clients whose goals it keeps. */
export function priceList(placement: Placement, curve: ThroughputCurve | Refusal): Html {
  const { machineType: { priceDate, provisioning }, strandedGpus } = placement;
  const point = curve instanceof Refusal ? undefined : pricedPoint(curve);
  const sold = KINDS.filter(({ kind }) => provisioning.includes(kind));
  return html`<dl>
${sold.map(({ kind, name }) => html`<dt>${name}<dd>${priceText(placement, kind, point)}\n`)}</dl>
<p class=note>${[
  priceDate === undefined ? [] : [`List prices of us-central1, ${priceDate}`],
  point === undefined ? [] : [`With ${point.clients} ${point.clients === 1 ? 'client' : 'clients'}: tokens in and out, or all of the cost on answers`],
  curve instanceof Refusal || curve.kept !== undefined ? [] : ['No number of clients keeps the goals'],
  strandedGpus > 0 ? [`${strandedGpus} GPUs of each node can hold no such server, and are in the price`] : [],
].flat().map(sentence => `${sentence}.`).join(' ')}</p>`;
}

/** US dollars of a server's hour on demand and of a million tokens; absent where the catalogue has no price, or nothing is planned. */
export function priceOf(placement: Placement, curve: ThroughputCurve | Refusal): TokenPrice | undefined {
  return curve instanceof Refusal ? undefined : tokenPrice(placement, 'on-demand', pricedPoint(curve));
}

function pricedPoint({ points, kept }: ThroughputCurve): CurvePoint {
  return kept ?? points[0];
}

function tokenPrice(placement: Placement, kind: PriceKind, { plan }: CurvePoint): TokenPrice | undefined {
  const price = orRefusal(() => TokenPrice.of({ throughput: plan, placement, kind }));
  return price instanceof Refusal ? undefined : price;
}

function priceText(placement: Placement, kind: PriceKind, point: CurvePoint | undefined): string {
  const price = point && tokenPrice(placement, kind, point);
  const { hourlyPriceUsd, hourlySpotPriceUsd } = placement.machineType;
  const node = kind === 'spot' ? hourlySpotPriceUsd : hourlyPriceUsd;
  if (node === undefined) {
    return 'no price is known';
  }
  const hour = `${usd(node / placement.serversPerNode)} an hour`;
  return point === undefined || price === undefined
    ? hour
    : `${hour}; ${usd(price.atLoad.total)} a million tokens, ${usd(price.atLoad.output)} of answers`;
}
