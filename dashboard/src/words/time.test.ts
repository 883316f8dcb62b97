import { expect, test } from 'vitest';
import { moment, span } from './time';

test.each([
  [-5, '0 s'], [999, '0 s'], [59_999, '59 s'], [60_000, '1 min'], [3_599_000, '59 min'], [3_600_000, '1 h'],
  [7_800_000, '2 h 10 min'], [36_000_000, '10 h'], [172_800_000, '2 days'],
])('%d ms is %s', (ms, said) => expect(span(ms)).toBe(said));

test('a moment has its date where it is not of today', () => {
  const then = new Date(2026, 1, 3, 4, 5, 6).getTime();
  expect(moment(then, new Date(2026, 1, 3, 23, 59).getTime())).toBe('04:05:06');
  expect(moment(then, new Date(2026, 2, 3).getTime())).toMatch(/\b3\b.* 04:05:06$/);
});
