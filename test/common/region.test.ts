import { MachineType } from '../../lib/catalog';
import { Region } from '../../lib/common/region';
import { refusalOf } from '../planning/pairs';

const CENTRAL = Region.of('us-central1');

test.each(['us-central1', 'europe-west12', 'northamerica-northeast2', 'me-central2'])('%s is a region', (name) => {
  expect(Region.of(name).name).toBe(name);
  expect(Region.isZone(name)).toBe(false);
});

test.each(['us-central1-a', 'us-central', 'US-central1', '', 'us', 'us-central1 ', 'us-central1\n'])('%j is no region', (name) => {
  expect(refusalOf(() => Region.of(name))).toBe(`'region' (${name}) is no region; for example us-central1`);
});

test('a refusal says whose region it is', () => {
  expect(refusalOf(() => Region.of('x', 'settings: REGION'))).toBe('settings: REGION (x) is no region; for example us-central1');
});

test.each([
  ['us-central1-a', true], ['us-central1', false], ['us-central1-aa', false], ['us-central1-a-b', false], ['us-central1-1', false], ['', false],
])('%j is a zone: %s', (name, isZone) => {
  expect(Region.isZone(name)).toBe(isZone);
});

test.each([
  ['us-central1-a', true], ['us-central12-a', false], ['us-east1-a', false], ['us-central1', false], ['us-central1-', false],
])('%s is in us-central1: %s', (zone, inside) => {
  expect(CENTRAL.has(zone)).toBe(inside);
});

test('every zone of the catalogue is a zone of its region', () => {
  const zones = MachineType.all().flatMap(machine => machine.zones);
  expect(zones.filter(zone => !Region.isZone(zone) || !Region.ofZone(zone).has(zone))).toEqual([]);
  expect(zones.length).toBeGreaterThan(500);
});

test('a machine\'s zones in a region, and the zone to try where none is known', () => {
  expect(CENTRAL.zonesOf(MachineType.fromName('g2-standard-24'))).toEqual(['us-central1-a', 'us-central1-b', 'us-central1-c']);
  expect(Region.of('africa-south1').zonesOf(MachineType.fromName('g2-standard-24'))).toEqual([]);
  expect(CENTRAL.has(CENTRAL.likelyZone)).toBe(true);
});
