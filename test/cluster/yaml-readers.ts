import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Part } from '../rig/cluster/parts';
import { kustomizationOf } from '../../lib/kustomize/manifests/manifest';

const BUFFER = { maxBuffer: 1 << 28 };
const kubectl = process.env.KUBECTL ?? Part.KUBERNETES_1_36.file('kubectl');

/** What PyYAML's safe loader makes of each text. */
export function readByPyYaml(texts: readonly string[]): unknown[] {
  const program = 'import json, sys, yaml; json.dump([yaml.safe_load(text) for text in json.load(sys.stdin)], sys.stdout)';
  const output = execFileSync(process.env.PYTHON ?? 'python3', ['-c', program], { input: JSON.stringify(texts), ...BUFFER });
  return JSON.parse(output.toString()) as unknown[];
}

/** What `kubectl apply -f` makes of each text; `label --local` prints what it has read, without a server. */
export function readByKubectl(texts: readonly string[]): unknown[] {
  return inFolder(texts, folder => labelled(['--filename', folder]));
}

/** What `kubectl apply -k` makes of them: kustomize has a YAML reader and writer of its own in front. */
export function readByKustomize(texts: readonly string[]): unknown[] {
  return inFolder(texts, (folder, names) => {
    writeFileSync(join(folder, 'kustomization.yaml'), kustomizationOf(names));
    return labelled(['--filename', '-'], execFileSync(kubectl, ['kustomize', folder], BUFFER));
  });
}

function labelled(files: readonly string[], input?: Buffer): unknown[] {
  const output = execFileSync(kubectl, ['label', '--local', ...files, '--output', 'json', 'read=yes'], { input, ...BUFFER }).toString();
  return output.trim().split(/(?<=^\})\n(?=\{$)/m).map((text) => {
    const manifest = JSON.parse(text) as { metadata: { labels?: Record<string, string> } };
    expect(manifest.metadata.labels).toEqual({ read: 'yes' });
    delete manifest.metadata.labels;
    return manifest;
  });
}

function inFolder<T>(texts: readonly string[], read: (folder: string, names: readonly string[]) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'yaml-readers-'));
  try {
    const names = texts.map((text, index) => {
      const name = `${String(index).padStart(6, '0')}.yaml`;
      writeFileSync(join(folder, name), text);
      return name;
    });
    return read(folder, names);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
