import { Refusal } from '../common/refusal';
import { duration, grouped, usd } from './figures';
import { Html, html } from './html';
import { priceOf } from './price-section';
import { isGap, Reported, ReportedServer } from './reported';
import { ThroughputCurve } from './throughput-curve';

/** The curve of a server. */
export type CurveOf = (server: ReportedServer) => ThroughputCurve | Refusal;

/** Accelerators down, storages across. */
export function matrixTable(all: readonly Reported[], curveOf: CurveOf): Html {
  const accelerators = new Map(all.map(({ accelerator }) => [accelerator.id, accelerator.displayName]));
  const storages = [...new Set(all.map(({ storage }) => storage))];
  const at = (accelerator: string, storage: string) =>
    all.filter(cell => cell.accelerator.id === accelerator && cell.storage === storage).map(cell => entry(cell, curveOf));
  return html`<table class=matrix>
<caption>Each cell by its accelerator and its storage</caption>
<thead><tr><th scope=col>GPU${storages.map(storage => html`<th scope=col>${storage}`)}
<tbody>
${[...accelerators].map(([id, name]) => html`<tr><th scope=row>${name}
${storages.map(storage => html`<td>${at(id, storage)}\n`)}
`)}
</table>`;
}

function entry(cell: Reported, curveOf: CurveOf): Html {
  if (isGap(cell)) {
    return html`<div><a class=gap href="#${cell.id}">${cell.id}</a> cannot be</div>`;
  }
  const { id, model, plan: { startup, placement } } = cell;
  const curve = curveOf(cell);
  const price = priceOf(cell, curve);
  const kept = curve instanceof Refusal ? undefined : curve.kept;
  const facts = [
    `${placement.gpus} GPU${placement.gpus === 1 ? '' : 's'}`, duration(startup.readySeconds),
    kept === undefined ? 'goals missed' : `${grouped(kept.plan.outputTokensPerSecond)} tok/s`,
    ...price === undefined ? ['no price'] : [`${usd(price.hourlyUsd)}/h`, `${usd(price.atLoad.total)}/M`],
  ];
  return html`<div><a href="#${id}">${id}</a> ${model.id.split('/').at(-1)}<br>${facts.map(fact => fact.replaceAll(' ', '\u00a0')).join(' · ')}</div>`;
}
