import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const PACKAGES = ['chromium', 'fonts-liberation'];

/** No network of its own, and nothing that a machine without a screen lacks. */
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--disable-dev-shm-usage',
];

/** A real browser without a window. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser() ?? installBrowser(), headless: true, args: FLAGS });
}

function findBrowser(): string | undefined {
  return NAMES.map(name => spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).stdout.trim()).find(file => file !== '');
}

function installBrowser(): string {
  if (process.getuid?.() === 0 && isDebian()) {
    const run = (...args: string[]) => execFileSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    run('update', '--quiet');
    run('install', '--yes', '--no-install-recommends', ...PACKAGES);
  }
  const installed = findBrowser();
  if (installed === undefined) {
    throw new Error(`the browser tests need ${NAMES.join(' or ')} on PATH (Debian, as root: apt-get install ${PACKAGES.join(' ')})`);
  }
  return installed;
}

function isDebian(): boolean {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
