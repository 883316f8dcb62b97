import { expect, test } from 'vitest';
import { arranged, piled, shown, told } from './charts';

test('values are read as people say them', () => {
  expect(['s', 'ms', 'USD', 'tokens', '%'].map((unit) => shown(1234.56, unit))).toEqual(['20.6 min', '1.2 s', '$1235', '1235', '1235 %']);
  expect([shown(null, 's'), shown(0, 's'), shown(12_345, 'tokens'), shown(7200, 's')]).toEqual(['–', '0 s', '12.3 k', '2 h']);
});

test('states that were never there are left out, and who needs a person comes first', () => {
  const lines = arranged({ idle: [1, 2], working: [0, 0], waiting: [null, 1] }, true);
  expect(lines.map(({ name }) => name)).toEqual(['waiting', 'idle']);
  expect(piled(lines)).toEqual([[null, 1], [1, 3]]);
});

test('a chart has a sentence', () => {
  expect(told('Errors', 'errors', [{ name: 'errors', values: [3, 1, null] }])).toBe('Errors. Last: errors 1, at most 3.');
  expect(told('Cost', 'USD', [])).toContain('nothing in this time');
});
