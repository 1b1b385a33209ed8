import { ShutdownPlan, ShutdownPlanProps } from '../../lib/planning';
import { refusalOf } from './pairs';

test('on demand: propagation, the longest answer, exit', () => {
  expect(ShutdownPlan.of()).toEqual({
    propagationSeconds: 10, drainSeconds: 120, shutdownTimeoutSeconds: 0, terminationGracePeriodSeconds: 10 + 120 + 0 + 10,
  });
});

test('a longer answer and a shutdown timeout are part of the sum', () => {
  expect(ShutdownPlan.of({ longestAnswerSeconds: 300, shutdownTimeoutSeconds: 301 }))
    .toMatchObject({ terminationGracePeriodSeconds: 10 + 300 + 301 + 10 });
  expect(ShutdownPlan.of({ longestAnswerSeconds: 0 }).terminationGracePeriodSeconds).toBe(20);
});

test('spot: what 15 s leave', () => {
  expect(ShutdownPlan.of({ spot: true })).toEqual({
    propagationSeconds: 2, drainSeconds: 8, shutdownTimeoutSeconds: 0, terminationGracePeriodSeconds: 15,
  });
  expect(ShutdownPlan.of({ spot: true, longestAnswerSeconds: 3, shutdownTimeoutSeconds: 5 }).terminationGracePeriodSeconds).toBe(15);
  expect(ShutdownPlan.of({ spot: true, longestAnswerSeconds: 0 })).toMatchObject({ drainSeconds: 0, terminationGracePeriodSeconds: 7 });
});

test('a longer grace period of one\'s own is kept', () => {
  expect(ShutdownPlan.of({ terminationGracePeriodSeconds: 140 }).terminationGracePeriodSeconds).toBe(140);
  expect(ShutdownPlan.of({ terminationGracePeriodSeconds: 600 }).terminationGracePeriodSeconds).toBe(600);
});

const refusals: [ShutdownPlanProps, string][] = [
  [{ longestAnswerSeconds: -1 }, '\'longestAnswerSeconds\' (-1) must be a whole number of seconds, 0 or more'],
  [{ longestAnswerSeconds: 1.5 }, '\'longestAnswerSeconds\' (1.5) must be a whole number of seconds, 0 or more'],
  [{ shutdownTimeoutSeconds: Number.NaN }, '\'shutdownTimeoutSeconds\' (NaN) must be a whole number of seconds, 0 or more'],
  [{ shutdownTimeoutSeconds: 30 }, '\'shutdownTimeoutSeconds\' (30) is neither 0 nor longer than the longest answer (120 s): the engine'
  + ' would be killed under answers that still run, and their clients get neither data nor an end. Use 0 or at least 121'],
  [{ longestAnswerSeconds: 60, shutdownTimeoutSeconds: 60 }, '\'shutdownTimeoutSeconds\' (60) is neither 0 nor longer than the longest answer'
  + ' (60 s): the engine would be killed under answers that still run, and their clients get neither data nor an end. Use 0 or at least 61'],
  [{ terminationGracePeriodSeconds: 30 }, '\'terminationGracePeriodSeconds\' (30) is shorter than the drain: 10 s propagation + 120 s longest'
  + ' answer + 0 s shutdown timeout + 10 s exit = 140 s. Leave it out, or use at least 140'],
  [{ terminationGracePeriodSeconds: 139 }, '\'terminationGracePeriodSeconds\' (139) is shorter than the drain: 10 s propagation + 120 s longest'
  + ' answer + 0 s shutdown timeout + 10 s exit = 140 s. Leave it out, or use at least 140'],
  [{ terminationGracePeriodSeconds: Number.NaN }, '\'terminationGracePeriodSeconds\' (NaN) must be a whole number of seconds, 0 or more'],
  [{ terminationGracePeriodSeconds: 140.5 }, '\'terminationGracePeriodSeconds\' (140.5) must be a whole number of seconds, 0 or more'],
  [{ spot: true, longestAnswerSeconds: 120 }, 'a spot node gives its pods 15 s, but 2 s propagation + 120 s longest answer + 0 s shutdown'
  + ' timeout + 5 s exit = 127 s. Use longestAnswerSeconds of at most 8 without a shutdownTimeoutSeconds, or take on-demand nodes'],
  [{ spot: true, shutdownTimeoutSeconds: 9 }, 'a spot node gives its pods 15 s, but 2 s propagation + 8 s longest answer + 9 s shutdown'
  + ' timeout + 5 s exit = 24 s. Use longestAnswerSeconds of at most 8 without a shutdownTimeoutSeconds, or take on-demand nodes'],
];

test.each(refusals)('%j', (props, message) => {
  expect(refusalOf(() => ShutdownPlan.of(props))).toBe(`ShutdownPlan: ${message}`);
});

test('following the advice works', () => {
  expect(() => ShutdownPlan.of({ shutdownTimeoutSeconds: 121 })).not.toThrow();
  expect(() => ShutdownPlan.of({ terminationGracePeriodSeconds: 140 })).not.toThrow();
  expect(() => ShutdownPlan.of({ spot: true, longestAnswerSeconds: 8 })).not.toThrow();
});
