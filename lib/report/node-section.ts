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

function quotas(server: ReportedServer): Html {
  const { maxNodes, accelerator, plan: { placement: { machineType } } } = server;
  const quota = gpuQuotaOf(accelerator);
  const region = regionOf(server) ?? 'the cluster\'s region';
  const gpus = `${maxNodes * machineType.gpus} in ${region} for all nodes, ${machineType.gpus} for the first`;
  const sold = (...ways: string[]) => ways.filter(way => machineType.provisioning.includes(way)).join(' and ');
  const metrics = quota === undefined ? [] : [[sold('on-demand'), quota.onDemand], [sold('spot', 'flex-start'), quota.preemptible]]
    .filter(([ways]) => ways !== '');
  return html`<dt>GPU quota<dd>${gpus}
${metrics.map(([ways, metric]) => html`<dt>Quota for ${ways}<dd><code>${metric}</code>\n`)}`;
}
