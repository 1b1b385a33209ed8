import { Grant, isFolderGrant, leastGrants } from '../common/grant';
import { Html, html } from './html';
import { ReportedServer } from './reported';

/** Each image, with what runs on it. */
export function imageList({ workloads }: ReportedServer): Html {
  const users = new Map<string, string[]>();
  for (const { name, image } of workloads) {
    if (image !== undefined) {
      users.set(image, [...users.get(image) ?? [], name]);
    }
  }
  return html`<ul>
${[...users].map(([image, names]) => html`<li><code>${image}</code>: ${names.join(', ')}\n`)}</ul>`;
}

/** Each service account, with what it may do in Google Cloud: all that the workloads need which share it. */
export function identityList({ workloads }: ReportedServer): Html {
  const accounts = new Map<string, Grant[]>();
  for (const { identity: { serviceAccountName: name, grants } } of workloads) {
    accounts.set(name, [...accounts.get(name) ?? [], ...grants]);
  }
  return html`<ul>
${[...accounts].map(([name, grants]) => html`<li><code>${name}</code>: ${leastGrants(grants).map(grantText).join(', ') || 'nothing'}\n`)}</ul>`;
}

function grantText(grant: Grant): string {
  return isFolderGrant(grant) ? `${grant.verb}s ${grant.bucket}/${grant.folder}` : grant.role;
}
