import { Construct } from 'constructs';
import { ApiObject } from 'cdk8s';
import { manifestOf } from '../../lib/kustomize/manifests/manifest';
import { parseBytes } from '../cluster/quantity';
import { imagePython } from './python/environment';

interface PodOwner {
  readonly spec: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly args?: readonly string[];
  readonly resources: { readonly limits: { readonly memory: string } };
}

/** The container of the pods that a construct makes, as its manifest says it. */
export function containerOf(construct: Construct): Container {
  const manifests = construct.node.findAll().filter(ApiObject.isApiObject).map(manifestOf) as unknown as PodOwner[];
  const containers = manifests.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
  if (containers.length !== 1) {
    throw new Error(`${construct.node.path} has ${containers.length} containers`);
  }
  return containers[0];
}

/** Bytes of memory that such a pod may take. */
export function memoryLimitOf(construct: Construct): number {
  return parseBytes(containerOf(construct).resources.limits.memory);
}

const MEASURE = 'import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]);'
  + ' print("highest KiB:", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)';

/** Stands before a command, and says last of all how much memory it took at most. */
export function measured(): string[] {
  return [imagePython('vllm-openai'), '-c', MEASURE];
}

/** Bytes that a measured command took at most. */
export function highestBytes(output: string): number {
  return Number(/highest KiB: (\d+)/.exec(output)![1]) * 1024;
}
