import {
  Accelerator, IWeightsStorage, KustomizeApp, KustomizeUnit, Model, VllmServer, VllmServerProps, WeightsStorage, WeightsVolume,
} from '../../lib';

/** What a user writes between `new KustomizeApp()` and `app.synth()`. */
export type Program = (app: KustomizeApp) => unknown;

/** One refusal of the design, and the ways to run into it. */
export interface Refusals {
  readonly [refusal: string]: { readonly [way: string]: Program };
}

export function unitOf(app: KustomizeApp, unit = 'server', cell = 'l4-gcs'): KustomizeUnit {
  return new KustomizeUnit(app, `${cell}-${unit}`, { cell, unit, namespace: 'vllm' });
}

export function bucket(): IWeightsStorage {
  return WeightsStorage.gcsFuse({ bucket: 'my-models' });
}

export function serverIn(
  unit: KustomizeUnit, props: Partial<VllmServerProps> = {}, model = Model.QWEN3_8B, storage = bucket(),
): VllmServer {
  const weights = new WeightsVolume(unit, 'weights', { model, storage });
  return new VllmServer(unit, 'server', { weights, accelerator: Accelerator.H100, maxModelLen: 8192, ...props });
}

/** A program that is nothing but one server. */
export function serving(props: Partial<VllmServerProps>, model?: Model, storage?: () => IWeightsStorage): Program {
  return app => serverIn(unitOf(app), props, model, storage?.());
}
