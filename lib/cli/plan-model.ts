import * as fs from 'node:fs';
import { Model } from '../catalog';
import { ServedWith } from '../catalog/completeness';
import { parseModelLock } from '../catalog/model-lock';
import { hubOf, Output } from './command';
import { Environment } from './hub-token';
import { lockModel } from './lock';
import { requireId } from './lock-command';

export interface ModelRequest extends ServedWith {
  /** A folder, a lock, or a Hugging Face id. */
  readonly name: string;
  /** @default - main, or what is at hand without asking */
  readonly revision?: string;
}

/** The model of a folder, of a lock, of the catalogue, or else as the hub has it; nothing is written. */
export async function modelOf(request: ModelRequest, environment: Environment, { error }: Output): Promise<Model> {
  const { name, revision, trustRemoteCode, skipTokenizerInit } = request;
  if (isThere(name)) {
    return fs.statSync(name).isDirectory() ? Model.fromDirectory(name, { trustRemoteCode, skipTokenizerInit }) : Model.fromLock(name);
  }
  requireId(name);
  const lock = `models/${name}.json`;
  if (revision === undefined && isThere(lock)) {
    return Model.fromLock(lock);
  }
  const known = Model.all().find(model => model.id === name);
  if (revision === undefined && known) {
    return known;
  }
  const hub = hubOf(environment);
  error(`asking ${hub.endpoint.host} what ${name} is`);
  return Model.of(parseModelLock(lock, await lockModel(hub, name, revision ?? 'main', { trustRemoteCode, skipTokenizerInit })));
}

function isThere(file: string): boolean {
  return fs.existsSync(file);
}
