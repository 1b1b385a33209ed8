import { DnsName } from '../../common/dns-name';
import { Refusal } from '../../common/refusal';
import { pathText } from './yaml-writer';

/** Fields whose value is the name of another object. */
const NAMING_FIELDS = ['claimName', 'secretName', 'serviceAccountName'];
/** Fields whose value is an object with the name of another one. */
const NAMING_OBJECTS = new Set(['configMap', 'configMapKeyRef', 'configMapRef', 'secretKeyRef', 'secretRef']);
/** Fields whose value is a list of such objects. */
const NAMING_LISTS = new Set(['imagePullSecrets']);

/**
 * Refuses what is no name where the name of another object stands, such as a key passed by mistake. The value is not repeated: it may
 * be the secret itself.
 */
export function checkReferences(mapping: Record<string, unknown>, path: readonly (string | number)[]): void {
  for (const field of NAMING_FIELDS) {
    check(mapping[field], path, field);
  }
  const key = path[path.length - 1];
  if (typeof key === 'number' ? NAMING_LISTS.has(String(path[path.length - 2])) : NAMING_OBJECTS.has(key)) {
    check(mapping.name, path, 'name');
  }
}

function check(name: unknown, path: readonly (string | number)[], field: string): void {
  if (name !== undefined && (typeof name !== 'string' || !DnsName.SUBDOMAIN.accepts(name))) {
    throw new Refusal(`${pathText([...path, field])} is no name of an object (${DnsName.SUBDOMAIN.rule}). Its value is not shown, because it may be a secret passed`
      + ' by mistake: give the name of the object that holds it');
  }
}
