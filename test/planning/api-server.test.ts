import { ApiServer } from '../../lib/planning/api-server';
import { SPEED_COEFFICIENTS } from '../../lib/planning/speed-coefficients';

const { streamedSeconds, serverSeconds, requestSeconds } = SPEED_COEFFICIENTS;

function server(count = 1, stream = true): ApiServer {
  return new ApiServer({ count, stream }, SPEED_COEFFICIENTS);
}

test('a token that is streamed costs more than one that is kept', () => {
  expect(server().stream(100, 0, 1)).toBeCloseTo(100 * streamedSeconds, 10);
  expect(server(1, false).stream(100, 0, 1)).toBeLessThan(100 * streamedSeconds / 2);
});

test('several processes share the tokens', () => {
  expect(server(4).stream(100, 0, 1)).toBeCloseTo(100 * streamedSeconds / 4, 10);
});

test('what falls behind is merged, and still takes longer than the step', () => {
  const step = 100 * streamedSeconds / 2;
  const seconds = server().stream(100, 0, step);
  expect(seconds).toBeLessThan(100 * streamedSeconds);
  expect(seconds).toBeGreaterThan(step);
});

test('a request that comes alone goes straight to the engine', () => {
  expect(server().take(1, 5, 0)).toBeCloseTo(5 + serverSeconds + requestSeconds / 2, 10);
});

test('requests wait for one another, and for streams that take all the time', () => {
  const idle = server();
  expect(idle.take(8, 0, 0)).toBeCloseTo(8 * serverSeconds + requestSeconds / 2, 10);
  expect(idle.take(1, 0, 0)).toBeCloseTo(9 * serverSeconds + requestSeconds / 2, 10);
  const busy = server();
  busy.stream(256, 0, 256 * streamedSeconds / 2);
  // one turn of 256
  expect(busy.take(1, 0, 255)).toBeCloseTo(256 * serverSeconds + requestSeconds / 2, 10);
});
