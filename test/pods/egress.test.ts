import { App, Chart } from 'cdk8s';
import { GoogleApis, reachGoogleApis } from '../../lib';
import { toGoogle, toGoogleApis, toGoogleApisAndInternet, toInternet } from '../../lib/pods';
import { refusalOf } from '../refusal-of';

function chart(apis?: GoogleApis): Chart {
  const app = new App();
  if (apis !== undefined) {
    reachGoogleApis(app, apis);
  }
  return new Chart(app, 'chart');
}

const INTERNET = JSON.stringify(toInternet());
const addresses = (rules: ReturnType<typeof toGoogle>) => rules.flatMap(({ to }) => to!.flatMap(({ ipBlock }) => ipBlock?.cidr ?? []));

test.each<[GoogleApis, string]>([['private', '199.36.153.8/30'], ['restricted', '199.36.153.4/30']])('%s addresses are four, by HTTPS', (apis, cidr) => {
  const rules = toGoogle(chart(apis));
  expect(addresses(rules)).toEqual(['169.254.169.252/32', '169.254.169.254/32', cidr]);
  expect(rules.at(-1)!.ports!.map(({ port }) => port!.value)).toEqual([443]);
  expect(JSON.stringify(toGoogleApisAndInternet(chart(apis)).at(-1))).toBe(INTERNET);
});

test.each([undefined, 'internet' as const])('%s is the internet, and it is said once', (apis) => {
  const rules = toGoogleApisAndInternet(chart(apis));
  expect(rules.filter(rule => JSON.stringify(rule) === INTERNET)).toHaveLength(1);
  expect(rules).toEqual(toGoogleApis(chart(apis)));
});

test('what is said for a part holds for that part', () => {
  const app = new App();
  const [own, other] = ['own', 'other'].map(id => new Chart(app, id));
  reachGoogleApis(own, 'restricted');
  expect(addresses(toGoogle(own))).toContain('199.36.153.4/30');
  expect(JSON.stringify(toGoogle(other).at(-1))).toBe(INTERNET);
});

test('another word is refused', () => {
  expect(refusalOf(() => chart('public' as 'private'))).toBe('\'googleApis\' (public) must be one of private, restricted, internet');
});
