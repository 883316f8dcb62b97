import { expect, test } from 'vitest';
import { History } from './history';

test('back through what was typed, forth to the draft', () => {
  const history = new History();
  const texts = ['newest', 'older'];
  expect(history.step(true, 'draft', texts)).toBe('newest');
  expect(history.step(true, 'newest', texts)).toBe('older');
  expect(history.step(true, 'older', texts)).toBe(null);
  expect(history.step(false, 'older', texts)).toBe('newest');
  expect(history.step(false, 'newest', texts)).toBe('draft');
  expect(history.step(false, 'draft', texts)).toBe(null);
  history.rest();
  expect(history.step(true, '', texts)).toBe('newest');
});
