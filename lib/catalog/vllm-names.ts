import { nearestName } from '../common/nearest-name';
import { Refusal } from '../common/refusal';
import {
  VLLM_REGISTRIES, VllmEnvironmentVariable, VllmExportedMetric, VllmFlag, VllmModelClass, VllmQuantizationMethod, VllmRegistry,
} from './vllm-registry';
import { REMOVED_ENVIRONMENT, REMOVED_FLAGS, REMOVED_METRICS, REMOVED_VALUES, RemovedName } from './vllm-removed';

export function flagOf(registry: VllmRegistry, name: string): VllmFlag {
  const { flags } = registry;
  if (Object.hasOwn(flags, name)) {
    return flags[name];
  }
  const names = Object.keys(flags);
  const positive = names.find(known => flags[known].negated?.includes(name));
  if (positive) {
    return flags[positive];
  }
  const full = names.find(known => flags[known].aliases?.includes(name));
  if (full) {
    throw new Refusal(`vLLM ${registry.release}: write ${full} instead of its short form ${name}`);
  }
  // a removed name that begins a living one would be taken for that one
  if (!REMOVED_FLAGS.some(removed => removed.name === name)) {
    const longer = names.filter(known => known.startsWith(name));
    if (name.startsWith('--') && longer.length > 0) {
      throw new Refusal(`vLLM ${registry.release}: '${name}' is cut off; write ${longer.slice(0, 5).join(' or ')}.`
        + ' The parser guesses what is meant as long as one flag begins so, and fails when the next release adds another');
    }
  }
  throw unknown(registry, 'flag', name, names, REMOVED_FLAGS, all => all.flags);
}

export function environmentOf(registry: VllmRegistry, name: string): VllmEnvironmentVariable {
  const { environment } = registry;
  if (Object.hasOwn(environment, name)) {
    return environment[name];
  }
  throw unknown(registry, 'environment variable', name, Object.keys(environment), REMOVED_ENVIRONMENT, all => all.environment);
}

export function metricOf(registry: VllmRegistry, name: string): VllmExportedMetric {
  const { metrics } = registry;
  if (Object.hasOwn(metrics, name)) {
    return metrics[name];
  }
  const whole = name.replace(/_(bucket|sum|count)$/, '');
  if (whole !== name && Object.hasOwn(metrics, whole) && ['histogram', 'summary'].includes(metrics[whole].type)) {
    return metrics[whole];
  }
  if (Object.hasOwn(metrics, `${name}_total`)) {
    throw new Refusal(`vLLM ${registry.release}: '${name}' is a counter; in /metrics it is ${name}_total`);
  }
  throw unknown(registry, 'metric', name, Object.keys(metrics), REMOVED_METRICS, all => all.metrics);
}

export function modelOf(registry: VllmRegistry, architecture: string): VllmModelClass {
  const { models, formerModels } = registry;
  if (Object.hasOwn(models, architecture)) {
    return models[architecture];
  }
  if (Object.hasOwn(formerModels, architecture)) {
    const { until, plugin } = formerModels[architecture];
    throw new Refusal(`vLLM ${registry.release} has no model '${architecture}': `
      + (until ? `${until} was the last release with it` : `the plugin ${plugin} has it, in an image of your own`));
  }
  throw unknown(registry, 'model', architecture, Object.keys(models), [], all => all.models);
}

export function quantizationOf(registry: VllmRegistry, name: string): VllmQuantizationMethod {
  const { quantizations } = registry;
  if (Object.hasOwn(quantizations, name)) {
    return quantizations[name];
  }
  throw unknown(registry, 'quantization', name, Object.keys(quantizations), REMOVED_VALUES, all => all.quantizations);
}

/** What is said of a name that the release does not know: what became of it, who has it, or which one is near. */
function unknown({ release }: VllmRegistry, kind: string, name: string, known: string[], removedNames: readonly RemovedName[],
  section: (registry: VllmRegistry) => object): Error {
  const beginning = `vLLM ${release} has no ${kind} '${name}'`;
  const removed = removedNames.find(entry => entry.name === name);
  if (removed) {
    return new Refusal(`${beginning}: it was removed in ${removed.since}${removed.instead ? `; ${removed.instead}` : ''}`);
  }
  const others = VLLM_REGISTRIES.filter(registry => Object.hasOwn(section(registry), name));
  if (others.length > 0) {
    const advice = others.map(registry => registry.environment[name]?.deprecated).find(text => text);
    return new Refusal(`${beginning}; it is in ${others.map(registry => registry.release).join(' and ')}${advice ? `. ${advice}` : ''}`);
  }
  const nearest = nearestName(name, known);
  return new Refusal(`${beginning}${nearest ? `; did you mean '${nearest}'?` : ''}`);
}
