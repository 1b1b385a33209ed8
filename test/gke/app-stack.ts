import { gkeStack } from '../../apps/gke-stack';
import { buildMatrix } from '../../apps/matrix';
import { readSettings, Settings } from '../../apps/settings';
import { PROJECT } from '../house/sources';
import { temporaryApp } from './app';
import { finished, Synthesized } from './synthesized';

/** Of whoever runs the tests nothing is read. */
export function settingsOf(environment: Record<string, string> = {}, envFile = '/nowhere'): Settings {
  return readSettings(environment, envFile);
}

/** What the app makes of the settings. */
export function appStack(environment: Record<string, string> = {}, envFile = '/nowhere'): Synthesized {
  const settings = settingsOf(environment, envFile);
  return finished(gkeStack(temporaryApp(), settings, buildMatrix(PROJECT, settings)));
}
