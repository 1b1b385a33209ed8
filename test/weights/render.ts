import { ApiObject, App, Chart } from 'cdk8s';
import { Model } from '../../lib/catalog';
import { KustomizeUnit } from '../../lib/kustomize/kustomize-unit';
import { Manifest, manifestOf } from '../../lib/kustomize/manifests/manifest';
import { CacheMedium } from '../../lib/planning';
import { IWeightsStorage, WeightsBinding, WeightsVolume } from '../../lib/weights';

export { refusalOf } from '../refusal-of';

export const LABELS = { 'app.kubernetes.io/name': 'vllm', 'app.kubernetes.io/instance': 'l4-test' };

export function unit(): KustomizeUnit {
  return new KustomizeUnit(new App(), 'server', { cell: 'l4-test', unit: 'server', namespace: 'llm' });
}

export function objectsOf(chart: Chart): Manifest[] {
  return chart.node.findAll().filter(ApiObject.isApiObject).map(manifestOf);
}

export interface Rendered {
  readonly binding: WeightsBinding;
  readonly objects: Manifest[];
}

/** What a server's unit gets from a storage. */
export function bound(storage: IWeightsStorage, model: Model, cacheMedium?: CacheMedium): Rendered {
  const chart = unit();
  const volume = new WeightsVolume(chart, 'weights', { model, storage });
  const binding = volume.bind({ name: 'vllm-openai-test-l4', labels: LABELS, cacheMedium });
  return { binding, objects: objectsOf(chart) };
}
