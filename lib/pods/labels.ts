export interface WorkloadNames {
  /** What it is: `vllm`, `gradio-chat`. */
  readonly app: string;
  /** Name of this one: `vllm-openai-gcs-l4`. */
  readonly instance: string;
}

/** Never changes while an object lives: selectors are immutable. */
export function selectorLabelsOf({ app, instance }: WorkloadNames): { [label: string]: string } {
  return { 'app.kubernetes.io/name': app, 'app.kubernetes.io/instance': instance };
}

/** `app` is what the guides for vLLM on GKE select by. https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export function workloadLabels(names: WorkloadNames, component: string): { [label: string]: string } {
  return {
    app: names.instance, ...selectorLabelsOf(names), 'app.kubernetes.io/component': component, 'app.kubernetes.io/part-of': 'cdk8s-vllm',
  };
}
