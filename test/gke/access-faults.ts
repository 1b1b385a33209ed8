import { FolderGrant } from '../../lib/common/grant';
import { mountFaults, Need, needsOf } from './bucket-needs';
import { BucketPolicy, Permission, PERMISSIONS } from './bucket-policy';
import { Worlds } from './worlds';

/** Everything that an account may not do and needs, or may do and does not need; one line for each account and folder. */
export function accessFaults(worlds: Worlds, of: (account: string) => boolean = () => true): string[] {
  const policy = new BucketPolicy(worlds);
  const needs = needsOf(worlds);
  const accounts = new Set([...needs.map(({ account }) => account), ...policy.accounts]);
  const folders = [...new Map(needs.map(need => [`${need.bucket}/${need.folder}`, need])).values()];
  return [...mountFaults(worlds), ...[...accounts].filter(of).flatMap((account) => {
    const own = needs.filter(need => need.account === account);
    return folders.flatMap(({ bucket, folder }) => wrong(policy, account, own, bucket, folder));
  })];
}

function wrong(policy: BucketPolicy, account: string, own: readonly Need[], bucket: string, folder: string): string[] {
  const lines = new Map<string, Set<string>>();
  for (const [permission, path] of asked(folder)) {
    const needed = isNeeded(permission, own.filter(need => need.bucket === bucket), path);
    if (policy.may(account, permission, bucket, path) !== needed) {
      const line = `${account} ${needed ? 'may not, and has to' : 'may, and need not'}: ${folder}`;
      lines.set(line, (lines.get(line) ?? new Set()).add(permission.replace('storage.', '')));
    }
  }
  return [...lines].map(([line, permissions]) => `${line} (${[...permissions].join(', ')})`);
}

/** Files and folders in, above and beside a folder: also those whose names begin as its own does. */
function asked(folder: string): [Permission, string][] {
  const parts = folder.split('/');
  const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const objects = [`${folder}/model.safetensors`, `${folder}/.gcsfuse_tmp/1`, `${folder}-2/file`, `${above[0]}/file`, folder, 'file', '.gcsfuse_tmp/1'];
  const folders = [...above.flatMap(name => [name, `${name}/`]), `${folder}/below`, `${folder}/below/`, `${folder}-2/`, 'other/'];
  return PERMISSIONS.flatMap(permission => (permission.includes('objects') ? objects : folders).map((path): [Permission, string] => [permission, path]));
}

/** What a mount of a folder alone, and a program that knows one prefix alone, do. */
function isNeeded(permission: Permission, own: readonly FolderGrant[], path: string): boolean {
  if (permission.endsWith('.list')) {
    return own.length > 0;
  }
  const reads = permission.endsWith('.get');
  const isFolder = permission.includes('folders');
  if (own.some(({ folder, verb }) => `${path}${isFolder ? '/' : ''}`.startsWith(`${folder}/`) && (reads || verb === 'write'))) {
    return true;
  }
  return permission === 'storage.folders.create'
    && own.some(({ folder, verb }) => verb === 'write' && `${folder}/`.startsWith(`${path.replace(/\/$/, '')}/`));
}
