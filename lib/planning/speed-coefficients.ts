/**
 * What a server reaches of a data sheet, and what a step costs beside it. Fitted together, one after another until none got better, on the
 * rows of `test/planning/speeds.jsonl`: vLLM 0.32.0 on H200 with 32 virtual CPUs (`npm run bench:throughput`).
 */
export interface SpeedCoefficients {
  /** Share of the memory's bandwidth at which weights are read. */
  readonly weightsShare: number;
  /** The same for the KV cache. */
  readonly cacheShare: number;
  /** Share of the tensor rate that products in 16 bits reach. */
  readonly halfShare: number;
  /** The same for fp8. */
  readonly fp8Share: number;
  /** Width of an expert that reaches half of that rate; wider ones come closer to it. */
  readonly expertHalfWidth: number;
  /** Seconds of a layer that neither bytes nor operations explain. */
  readonly layerSeconds: number;
  /** The same, on top, of a layer with experts. */
  readonly expertsLayerSeconds: number;
  /** The same, on top, of a layer with latent attention. */
  readonly latentLayerSeconds: number;
  /** Seconds that the engine's process takes for a step. */
  readonly engineSeconds: number;
  /** The same, on top, for each sequence. */
  readonly sequenceSeconds: number;
  /** Share of these that delays a step where the workers are processes of their own. */
  readonly workersShare: number;
  /** Seconds in which a worker launches one layer in pieces, because prompts are in the step. */
  readonly piecesLayerSeconds: number;
  /** The same without any CUDA graph: eager, or more tokens than the largest graph takes. */
  readonly eagerLayerSeconds: number;
  /** How many times as long a launch takes with quantized weights. */
  readonly quantizedLaunch: number;
  /** The same with experts and no graph. */
  readonly expertsLaunch: number;
  /** The same, on top, with latent attention and no graph. */
  readonly latentLaunch: number;
  /** Seconds of the API server for a token that it streams. */
  readonly streamedSeconds: number;
  /** The same for a token that it keeps until the answer is whole: 0.34 of a core at 17,499 tokens a second. */
  readonly keptSeconds: number;
  /** How far an API server that falls behind gains by several tokens in one event: 0 is not at all, 1 without a limit. */
  readonly merging: number;
  /** Seconds of the API server's own work on a request. */
  readonly serverSeconds: number;
  /** Seconds that a request takes from client to engine and back beside that work. */
  readonly requestSeconds: number;
  /** How much of those that ask while prompts are computed are together from then on: 1 is all. */
  readonly bunching: number;
  /** Seconds of an all-reduce beside its bytes. */
  readonly allReduceSeconds: number;
  /** Share of the bandwidth between GPUs that its bytes reach. */
  readonly linkShare: number;
  /** Seconds that each stage of a pipeline adds to a step. */
  readonly stageSeconds: number;
  /** Prompts of the stage that all others wait for, for one of an even division. */
  readonly stagePrompts: number;
  /** How well bytes and operations hide each other: 1 is their sum, and more comes closer to the larger one. */
  readonly kernelOverlap: number;
  /** The same of GPU and engine. */
  readonly engineOverlap: number;
  /** The same of GPU and launches. */
  readonly launchOverlap: number;
  /** The same of engine and API server. */
  readonly serverOverlap: number;
}

export const SPEED_COEFFICIENTS: SpeedCoefficients = {
  weightsShare: 0.822,
  cacheShare: 0.784,
  halfShare: 0.63,
  fp8Share: 0.538,
  expertHalfWidth: 617.0,
  layerSeconds: 26.2e-6,
  expertsLayerSeconds: 21.2e-6,
  latentLayerSeconds: 10.4e-6,
  engineSeconds: 1.79e-3,
  sequenceSeconds: 19.6e-6,
  workersShare: 0.386,
  piecesLayerSeconds: 242e-6,
  eagerLayerSeconds: 722e-6,
  quantizedLaunch: 2.33,
  expertsLaunch: 2.26,
  latentLaunch: 1.73,
  streamedSeconds: 60.8e-6,
  keptSeconds: 19e-6,
  merging: 0.421,
  serverSeconds: 1.87e-3,
  requestSeconds: 5.4e-3,
  bunching: 0.943,
  allReduceSeconds: 9e-6,
  linkShare: 0.28,
  stageSeconds: 1.51e-3,
  stagePrompts: 1.39,
  kernelOverlap: 1.42,
  engineOverlap: 2.43,
  launchOverlap: 8.75,
  serverOverlap: 6.84,
};
