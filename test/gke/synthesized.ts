import { TerraformStack } from 'cdktf';
import {
  CpuNodePool, CpuNodePoolProps, GkeCluster, GkeClusterProps, GpuNodePool, GpuNodePoolProps, Network, NodeIdentity, Project,
} from '../../lib/gke';
import { MachineType } from '../../lib/catalog';
import { temporaryApp } from './app';
import { expanded } from './expanded';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- read by name, as Terraform does
export type Block = Record<string, any>;

/** What Terraform reads of a stack, without cdktf's own notes, and with a resource for each entry of `for_each`. */
export class Synthesized {
  constructor(readonly json: Block) {}

  all(type: string): Block[] {
    return Object.values((this.json.resource as Record<string, Block>)[type] ?? {}).flatMap(({ '//': _notes, ...block }) => expanded(block));
  }

  /** @throws when there is none, or more than one */
  one(type: string): Block {
    const [block, ...others] = this.all(type);
    if (!block || others.length > 0) {
      throw new Error(`${others.length + (block ? 1 : 0)} of ${type}`);
    }
    return block;
  }

  /** `${google_container_cluster.cluster_611F8AFF.id}` without the hash */
  reference(text: string): string {
    return text.replace(/_[0-9A-F]{8}\b/g, '');
  }
}

export type Build = (stack: TerraformStack, project: Project) => void;

/** @throws what the constructs refuse, at once or at the end */
export function synthesized(build: Build): Synthesized {
  const stack = new TerraformStack(temporaryApp(), 'test');
  build(stack, new Project(stack, 'project', { region: 'us-central1' }));
  return finished(stack);
}

/** @throws what its validations find */
export function finished(stack: TerraformStack): Synthesized {
  stack.runAllValidations();
  return new Synthesized(JSON.parse(JSON.stringify(stack.toTerraform())) as Block);
}

export function clusterIn(stack: TerraformStack, project: Project, props: Partial<GkeClusterProps> = {}): GkeCluster {
  const network = new Network(stack, 'network', { project });
  const nodes = new NodeIdentity(stack, 'nodes', { project });
  return new GkeCluster(stack, 'cluster', { project, network, nodes, ...props });
}

export function gpuPoolIn(stack: TerraformStack, project: Project, props: Partial<GpuNodePoolProps> = {}): GpuNodePool {
  return new GpuNodePool(stack, 'pool', {
    cluster: props.cluster ?? clusterIn(stack, project), machineType: MachineType.fromName('g2-standard-24'), zones: ['us-central1-a'], maxNodes: 3, ...props,
  });
}

export function cpuPoolIn(stack: TerraformStack, project: Project, props: Partial<CpuNodePoolProps> = {}): CpuNodePool {
  return new CpuNodePool(stack, 'pool', { cluster: props.cluster ?? clusterIn(stack, project), zones: ['us-central1-a', 'us-central1-b'], ...props });
}
