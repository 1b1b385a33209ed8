import { gpuQuotaOf } from '../catalog/gpu-quota';
import { gib } from '../common/bytes';
import { Region } from '../common/region';
import { Html, html } from './html';
import { ReportedServer } from './reported';

/** What the server's nodes are, and the quota that they take. */
export function nodeList(server: ReportedServer): Html {
  const { placement } = server.plan;
  const { machineType, serversPerNode, localSsdCount, cacheMedium, cpuMillis, memoryBytes } = placement;
  const facts: [string, string][] = [
    ['Machine', `${machineType.name} with ${machineType.gpus} ${server.accelerator.displayName}, ${machineType.vcpus} vCPU and\
 ${gib(machineType.memoryBytes, 0)}; ${serversPerNode === 1 ? 'a server' : `${serversPerNode} servers`} on each`],
    ['A server asks for', `${placement.gpus} ${placement.gpus === 1 ? 'GPU' : 'GPUs'}, ${cpuMillis / 1000} vCPU and ${gib(memoryBytes, 0)}`],
    ['Local SSDs', `${localSsdCount}${cacheMedium === undefined ? '' : `; weights are cached ${cacheMedium === 'memory' ? 'in memory' : 'on them'}`}`],
    ['Zones', zonesOf(server).join(', ') || 'not known'],
    ['Nodes', `at most ${server.maxNodes}, made when a server needs one`],
  ];
  return html`<dl>
${facts.map(([name, fact]) => html`<dt>${name}<dd>${fact}\n`)}${quotas(server)}</dl>`;
}

function regionOf({ region, plan: { placement: { requiredZones } } }: ReportedServer): string | undefined {
  return region ?? (requiredZones.length > 0 ? Region.ofZone(requiredZones[0]).name : undefined);
}

function zonesOf(server: ReportedServer): readonly string[] {
  const { zones, requiredZones } = server.plan.placement;
  const region = regionOf(server);
  return requiredZones.length > 0 || region === undefined ? zones : Region.of(region).zonesOf({ zones });
}

/** GPUs of all nodes, with the name of the metric for each way in which the machine is sold. */
function quotas(server: ReportedServer): Html {
  const { maxNodes, accelerator, plan: { placement: { machineType } } } = server;
  const { onDemand, preemptible } = gpuQuotaOf(accelerator) ?? {};
  const sold = (metric: string | undefined, ...ways: string[]) => {
    const some = ways.filter(way => machineType.provisioning.includes(way));
    return metric === undefined || some.length === 0 ? undefined : html`, <code>${metric}</code> for ${some.join(' and ')}`;
  };
  return html`<dt>GPU quota<dd>${maxNodes * machineType.gpus} in ${regionOf(server) ?? 'the cluster\'s region'}, ${machineType.gpus} for the first \
node${sold(onDemand, 'on-demand')}${sold(preemptible, 'spot', 'flex-start')}
`;
}
