import { VllmServerProps } from '../../lib';
import { otherClients } from '../../lib/serving/other-clients';
import { refusalOf } from '../refusal-of';

const clients = (ingressFrom: unknown, apiKeySecretName?: string) => otherClients({ ingressFrom, apiKeySecretName } as VllmServerProps);

test('pods, namespaces and, with a key, addresses may come in', () => {
  const peers = [{ podSelector: { matchLabels: { a: 'b' } } }, { namespaceSelector: {} }, { ipBlock: { cidr: 'fd00::/8' } }];
  expect(clients(peers, 'key')).toEqual(peers);
  expect(clients(undefined)).toEqual([]);
});

const NOBODY: unknown[] = [{}, null, 'search', { namespace: 'search' }, { podSelector: { matchlabels: { a: 'b' } } }];

test.each(NOBODY)('%j names nobody, or everybody', (peer) => {
  expect(refusalOf(() => clients([peer]))).toMatch(
    /^'ingressFrom' \(.*\) is no peer of a network policy: it has podSelector, namespaceSelector, ipBlock/);
});
