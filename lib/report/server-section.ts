import { Refusal } from '../common/refusal';
import { identityList, imageList } from './access-section';
import { Html, html } from './html';
import { memoryFigure } from './memory-bar';
import { nodeList } from './node-section';
import { priceList } from './price-section';
import { ReportedServer } from './reported';
import { startFigure } from './start-timeline';
import { ThroughputCurve } from './throughput-curve';
import { throughputFigure } from './throughput-section';

/** Everything of one server, folded up. A link to its id unfolds it: the id is within what is folded. */
export function serverSection(server: ReportedServer, curve: ThroughputCurve | Refusal, folder: string): Html {
  const { id, model, accelerator, name, release, plan: { memory, startup, placement } } = server;
  return html`<details>
<summary><h3>${id}</h3> ${model.id} on ${placement.gpus} × ${accelerator.displayName}</summary>
<div class=cell id="${id}">
<p>Server <code>${name}</code>, vLLM ${release}, tensorParallelSize ${memory.tensorParallelSize}, weights from ${server.storage}.</p>
<div><h4>Memory</h4>
${memoryFigure(memory)}</div>
<div><h4>Start</h4>
${startFigure(startup)}</div>
<div><h4>Throughput</h4>
${throughputFigure(curve)}</div>
<div><h4>Price of one server</h4>
${priceList(server, curve)}</div>
<div><h4>Nodes and quota</h4>
${nodeList(server)}</div>
<div><h4>Images</h4>
${imageList(server)}</div>
<div><h4>Service accounts of ${server.namespace}, and what each may do in Google Cloud</h4>
${identityList(server)}</div>
<div><h4>Apply</h4>
${commands(server, folder)}</div>
</div>
</details>
`;
}

function commands({ id, name, namespace, unitsBefore, unitsApart, plan }: ReportedServer, folder: string): Html {
  const own = [
    ...unitsBefore.map(unit => `kubectl apply -k ${folder}/${id}/${unit}`),
    `kubectl apply -k ${folder}/${id}`,
    `kubectl rollout status --namespace ${namespace} --timeout=${plan.startup.progressDeadlineSeconds}s deployment/${name}`,
    `kubectl port-forward --namespace ${namespace} service/${name} 8000`,
  ];
  return html`<pre><code>${own.join('\n')}</code></pre>
${unitsBefore.length === 0 ? undefined : html`<p>Before the cell is applied, the Job of ${unitsBefore.join(', then that of ')} has to be complete.</p>\n`}\
${unitsApart.length === 0 ? undefined : html`<p>Apart: ${unitsApart.join(', ')}.</p>\n`}`;
}
