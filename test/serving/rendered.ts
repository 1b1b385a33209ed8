import { Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Accelerator, IWeightsStorage, KustomizeUnit, Model, VllmServer, VllmServerProps, WeightsStorage, WeightsVolume } from '../../lib';

export { refusalOf } from '../refusal-of';

/** A Kubernetes object as it goes into a file. */
export interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  // Tests look into any part of any kind.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [key: string]: any;
}

export function unit(namespace = 'vllm', id = 'server'): KustomizeUnit {
  return new KustomizeUnit(Testing.app(), id, { cell: 'cell', unit: id, namespace });
}

export function gcs(): IWeightsStorage {
  return WeightsStorage.gcsFuse({ bucket: 'my-models' });
}

/** A server of a small model that fits one GPU of every kind but T4, unless the props say otherwise. */
export function server(
  scope: KustomizeUnit, props: Partial<VllmServerProps> = {}, storage: IWeightsStorage = gcs(), model: Model = Model.QWEN3_8B,
): VllmServer {
  const weights = new WeightsVolume(scope, 'weights', { model, storage });
  return new VllmServer(scope, 'server', { weights, accelerator: Accelerator.H100, maxModelLen: 8192, ...props });
}

export function objectsOf(scope: KustomizeUnit): Rendered[] {
  return Testing.synth(scope) as Rendered[];
}

export function objectOf(scope: KustomizeUnit, kind: string): Rendered {
  const found = objectsOf(scope).filter(object => object.kind === kind);
  if (found.length !== 1) {
    throw new Error(`${found.length} objects of kind ${kind}`);
  }
  return found[0];
}

/** The pod of a server with these props. */
export function podOf(props: Partial<VllmServerProps> = {}, storage?: IWeightsStorage, model?: Model): k8s.PodSpec {
  const scope = unit();
  server(scope, props, storage, model);
  return objectOf(scope, 'Deployment').spec.template.spec as k8s.PodSpec;
}

/** All paths of a value that hold nothing: `null` is what a lost value becomes. */
export function emptyLeaves(value: unknown, path = ''): string[] {
  if (value === null || value === undefined) {
    return [path];
  }
  return typeof value === 'object' ? Object.entries(value).flatMap(([key, child]) => emptyLeaves(child, `${path}/${key}`)) : [];
}
