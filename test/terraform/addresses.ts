import { Block } from '../gke/synthesized';

const NAMES = ['name', 'account_id', 'repository_id', 'secret_id', 'display_name', 'member', 'role'];

/** The address of the one resource of a type that is called so. */
export function addressOf(json: Block, type: string, name: string): string {
  const found = Object.entries((json.resource as Record<string, Record<string, Block>>)[type])
    .filter(([, block]) => NAMES.some(key => block[key] === name));
  if (found.length !== 1) {
    throw new Error(`${found.length} of ${type} are called ${name}`);
  }
  return `${type}.${found[0][0]}`;
}
