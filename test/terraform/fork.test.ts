import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFork } from './fork';
import { appStack } from '../gke/app-stack';

/** Without what cdktf notes of itself. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([key]) => key !== '//').map(([key, inner]) => [key, plain(inner)])) : value;
}

test('the community fork makes the same of the same sources', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fork-'));
  try {
    const { json, name } = withFork(folder);
    expect(name).toBe('cdktn');
    expect(json['//'].metadata.version).toBe('0.24.0');
    expect(appStack().json['//'].metadata.version).toBe('0.21.0');
    expect(plain(json)).toEqual(plain(appStack().json));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
