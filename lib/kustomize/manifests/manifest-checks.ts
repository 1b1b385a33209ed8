import { isSecretVariable } from '../../common/secret-variables';
import { checkClaims } from './claim-checks';
import { DnsName } from '../../common/dns-name';
import { checkRoutes, checkService } from './exposure-checks';
import { isClusterScoped, Manifest } from './manifest';
import { checkPodSpec, checkSelector, PodSpec } from './pod-checks';
import { checkReferences } from './reference-checks';
import { pathText } from './yaml-writer';
import { Refusal } from '../../common/refusal';

const RBAC_KINDS = new Set(['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']);
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** How the tokens begin that this kind of workload handles: Hugging Face, GitHub, Google, AWS; and any PEM private key. */
const TOKEN = /(?<!\w)(?:hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|AIza[\w-]{35}|AKIA[A-Z0-9]{16})|-----BEGIN [A-Z ]*PRIVATE KEY/;

/** Finds nothing in a rendered manifest that has no token in it; what it finds may be none. No writer of YAML escapes such characters. */
const PERHAPS_TOKEN = /hf_[A-Za-z0-9]{20}|gh[pousr]_[A-Za-z0-9]{30}|AIza[\w-]{35}|AKIA[A-Z0-9]{16}|PRIVATE KEY/;

/** `kubectl apply` keeps the object in an annotation, and all annotations together may have this many bytes. */
const LARGEST_APPLIED_BYTES = 262_144;
const NO_DATA = '{}'.length;

/**
 * Throws on what a cluster would refuse, or take and be harmed by. The caller says which object it is.
 *
 * @param yaml the manifest as it is written
 */
export function checkManifest(manifest: Manifest, yaml: string): void {
  checkName(manifest);
  checkNamespace(manifest);
  if (manifest.kind === 'Secret' && (manifest.data !== undefined || manifest.stringData !== undefined)) {
    throw new Refusal('a Secret with its data in it would be committed in clear. '
      + 'Refer to the secret by its name, and create it by kubectl or from a secret manager');
  }
  checkSelector(manifest);
  checkService(manifest);
  checkValue(manifest, [], PERHAPS_TOKEN.test(yaml));
}

/** Throws on what only the objects of a cell together show. */
export function checkCell(manifests: readonly Manifest[]): void {
  checkRoutes(manifests);
  checkClaims(manifests);
}

/** Bytes of a value in the annotation: as JSON, in which kubectl writes <, > and & as six bytes each. */
export function appliedSize(value: object): number {
  const applied = JSON.stringify(value);
  return Buffer.byteLength(applied) + 5 * (applied.match(/[<>&]/g)?.length ?? 0);
}

/**
 * Throws on what is too large for the annotation.
 *
 * @param yaml the manifest as it is written; it tells cheaply that most manifests are far from the limit
 * @param data what its `data` takes there, where that was left out; else what an empty one takes
 */
export function checkSize(manifest: Manifest, yaml: string, data = NO_DATA): void {
  if (yaml.length + data < LARGEST_APPLIED_BYTES / 8) {
    return;
  }
  const bytes = appliedSize(manifest) - NO_DATA + data;
  if (bytes > LARGEST_APPLIED_BYTES) {
    throw new Refusal(`${bytes} bytes as JSON, but kubectl apply keeps it in an annotation of at most ${LARGEST_APPLIED_BYTES} bytes. `
      + 'Split it, or put the content into an image or a bucket');
  }
}

function checkName({ kind, metadata: { name } }: Manifest): void {
  if (RBAC_KINDS.has(kind)) {
    if (!/^[^/%\s]{1,253}$/.test(name) || name === '.' || name === '..') {
      throw new Refusal(`metadata.name ${JSON.stringify(name)} must be 1 to 253 characters without /, % and white space`);
    }
    return;
  }
  const form = kind === 'Service' ? DnsName.LABEL_1035 : kind === 'Namespace' ? DnsName.LABEL : DnsName.SUBDOMAIN;
  if (!form.accepts(name)) {
    throw new Refusal(`metadata.name ${form.explain(name)}`);
  }
}

function checkNamespace({ kind, metadata: { namespace } }: Manifest): void {
  if (isClusterScoped(kind)) {
    return;
  }
  if (!namespace) {
    throw new Refusal('metadata.namespace is missing, so the object would land wherever the reader\'s kubectl points. Set namespace on the unit');
  }
  if (!DnsName.LABEL.accepts(namespace)) {
    throw new Refusal(`metadata.namespace ${DnsName.LABEL.explain(namespace)}`);
  }
}

/** @param tokens whether texts may hold one */
function checkValue(value: unknown, path: (string | number)[], tokens: boolean): void {
  if (typeof value === 'string') {
    if (tokens) {
      checkNoToken(value, path);
    }
  } else if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      path.push(index);
      checkValue(value[index], path, tokens);
      path.pop();
    }
  } else if (typeof value === 'object' && value !== null) {
    checkMapping(value as Record<string, unknown>, path, tokens);
  }
}

function checkMapping(mapping: Record<string, unknown>, path: (string | number)[], tokens: boolean): void {
  const key = path[path.length - 1];
  if (key === 'matchLabels' || (key === 'labels' && path[path.length - 2] === 'metadata')) {
    checkLabels(mapping, path);
  }
  if (key === 'annotations' && path[path.length - 2] === 'metadata') {
    checkAnnotations(mapping, path);
  }
  checkReferences(mapping, path);
  if (Array.isArray(mapping.containers)) {
    checkPodSpec(mapping as unknown as PodSpec, path);
  }
  for (const child of Object.keys(mapping)) {
    const value = mapping[child];
    if (tokens || typeof value === 'object') {
      path.push(child);
      checkValue(value, path, tokens);
      path.pop();
    }
  }
  if (path[path.length - 2] === 'env') {
    checkNoLiteralSecret(mapping, path);
  }
}

function checkNoLiteralSecret({ name, value }: Record<string, unknown>, path: readonly (string | number)[]): void {
  if (typeof name === 'string' && isSecretVariable(name) && value !== undefined && value !== '') {
    throw new Refusal(`${pathText(path)} gives ${name} a literal value, which would be committed in clear. Take it from a Secret that exists in the`
      + ' cluster: valueFrom.secretKeyRef');
  }
}

function checkLabels(labels: Record<string, unknown>, path: readonly (string | number)[]): void {
  for (const key of Object.keys(labels)) {
    const value = labels[key];
    if (!isLabelKey(key)) {
      throw new Refusal(`${labelText(path, key)} is no label key: [DNS subdomain/]name, the name of at most 63 letters, digits, -, _ and .`);
    }
    if (typeof value !== 'string') {
      throw new Refusal(`${labelText(path, key)} is ${JSON.stringify(value)}; a label is a string, write ${JSON.stringify(String(value))}`);
    }
    if (value.length > 63 || !LABEL_VALUE.test(value)) {
      const near = value.replace(/[^-A-Za-z0-9_.]+/g, '-').slice(0, 63).replace(/^[-_.]+|[-_.]+$/g, '');
      throw new Refusal(`${labelText(path, key)} is ${JSON.stringify(value)} (${value.length} characters); a label value has at most 63 letters, `
        + `digits, -, _ and . and begins and ends with a letter or digit; ${JSON.stringify(near)} would do, or use an annotation`);
    }
  }
}

function checkAnnotations(annotations: Record<string, unknown>, path: readonly (string | number)[]): void {
  for (const [key, value] of Object.entries(annotations)) {
    if (!isLabelKey(key)) {
      throw new Refusal(`${labelText(path, key)} is no annotation key: [DNS subdomain/]name, the name of at most 63 letters, digits, -, _ and .`);
    }
    if (typeof value !== 'string') {
      throw new Refusal(`${labelText(path, key)} is ${JSON.stringify(value)}; an annotation is a string, write ${JSON.stringify(String(value))}`);
    }
  }
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  return name.length <= 63 && LABEL_NAME.test(name) && (slash < 0 || DnsName.SUBDOMAIN.accepts(key.slice(0, slash)));
}

function labelText(path: readonly (string | number)[], key: string): string {
  return `${pathText(path)}[${JSON.stringify(key)}]`;
}

function checkNoToken(value: string, path: readonly (string | number)[]): void {
  const token = value.length < 16 ? null : TOKEN.exec(value);
  if (token) {
    throw new Refusal(`${pathText(path)} holds what looks like a secret token (${token[0].slice(0, 6)}…). `
      + 'Take it from a Secret that exists in the cluster, and revoke this one if it is real');
  }
}
