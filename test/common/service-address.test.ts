import { serviceNamespace, serviceUrl } from '../../lib/common/service-address';

test('a Service has an address in its namespace', () => {
  const url = serviceUrl('chat', 'models', 8080);
  expect(url).toBe('http://chat.models.svc.cluster.local:8080');
  expect(serviceNamespace(new URL(url).hostname)).toBe('models');
});

test.each(['example.com', 'svc.cluster.local', 'models.svc.cluster.local', 'pod.chat.models.svc.cluster.local', 'chat.models.svc.cluster.local.example.com'])(
  '%s is no Service of a namespace', (hostname) => {
    expect(serviceNamespace(hostname)).toBeUndefined();
  });
