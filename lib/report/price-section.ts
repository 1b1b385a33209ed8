import { orRefusal, Refusal } from '../common/refusal';
import { PriceKind, TokenPrice } from '../planning';
import { usd } from './figures';
import { Html, html } from './html';
import { ReportedServer } from './reported';
import { CurvePoint, ThroughputCurve } from './throughput-curve';

const KINDS: readonly { readonly kind: PriceKind; readonly name: string }[] = [{ kind: 'on-demand', name: 'On demand' }, { kind: 'spot', name: 'Spot' }];

/** What is paid for: a part of a machine, and the weights that are kept. */
type Priced = Pick<ReportedServer, 'storageHourlyUsd'> & { readonly plan: Pick<ReportedServer['plan'], 'placement'> };

/** What a server's hour and its tokens cost, with most clients whose goals it keeps. */
export function priceList(server: Priced, curve: ThroughputCurve | Refusal): Html {
  const { plan: { placement: { machineType: { priceDate, provisioning }, strandedGpus } }, storageHourlyUsd } = server;
  const point = curve instanceof Refusal ? undefined : pricedPoint(curve);
  const sold = KINDS.filter(({ kind }) => provisioning.includes(kind));
  return html`<dl>
${sold.map(({ kind, name }) => html`<dt>${name}<dd>${priceText(server, kind, point)}\n`)}</dl>
<p class=note>${[
  priceDate === undefined ? [] : [`List prices of us-central1, ${priceDate}`],
  point === undefined ? [] : [`With ${point.clients} ${point.clients === 1 ? 'client' : 'clients'}: tokens in and out, or all of the cost on answers`],
  curve instanceof Refusal || curve.kept !== undefined ? [] : ['No number of clients keeps the goals'],
  storageHourlyUsd === undefined
    ? ['Of what keeps the weights no price is known, and none is in it']
    : [`What keeps the weights is in it: ${usd(storageHourlyUsd)} an hour, for all replicas`],
  strandedGpus > 0 ? [`${strandedGpus} GPUs of each node can hold no such server, and are in the price`] : [],
].flat().map(sentence => `${sentence}.`).join(' ')}</p>`;
}

/** US dollars of a server's hour on demand and of a million tokens; absent where the catalogue has no price, or nothing is planned. */
export function priceOf(server: Priced, curve: ThroughputCurve | Refusal): TokenPrice | undefined {
  return curve instanceof Refusal ? undefined : tokenPrice(server, 'on-demand', pricedPoint(curve));
}

function pricedPoint({ points, kept }: ThroughputCurve): CurvePoint {
  return kept ?? points[0];
}

function tokenPrice({ plan: { placement }, storageHourlyUsd }: Priced, kind: PriceKind, { plan }: CurvePoint): TokenPrice | undefined {
  const price = orRefusal(() => TokenPrice.of({ throughput: plan, placement, kind, otherHourlyUsd: storageHourlyUsd }));
  return price instanceof Refusal ? undefined : price;
}

function priceText(server: Priced, kind: PriceKind, point: CurvePoint | undefined): string {
  const { plan: { placement }, storageHourlyUsd = 0 } = server;
  const price = point && tokenPrice(server, kind, point);
  const { hourlyPriceUsd, hourlySpotPriceUsd } = placement.machineType;
  const node = kind === 'spot' ? hourlySpotPriceUsd : hourlyPriceUsd;
  if (node === undefined) {
    return 'no price is known';
  }
  const hour = `${usd(node / placement.serversPerNode + storageHourlyUsd)} an hour`;
  return point === undefined || price === undefined
    ? hour
    : `${hour}; ${usd(price.atLoad.total)} a million tokens, ${usd(price.atLoad.output)} of answers`;
}
