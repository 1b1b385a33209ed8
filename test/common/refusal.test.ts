import { orRefusal, Refusal } from '../../lib/common/refusal';

test('a refusal is an answer, a bug stays one', () => {
  const refusal = new Refusal('no');
  expect(orRefusal(() => 3)).toBe(3);
  expect(orRefusal(() => {
    throw refusal;
  })).toBe(refusal);
  expect(() => orRefusal(() => {
    throw new TypeError('a bug');
  })).toThrow(TypeError);
});
