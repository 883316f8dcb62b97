import { expect, test } from 'vitest';
import { pieces, told } from './strip';

test('neighbours that are the same make one piece, and a gap parts them', () => {
  expect(pieces(['working', 'working', null, 'working', 'idle'])).toEqual([
    { state: 'working', from: 0, steps: 2 },
    { state: 'working', from: 3, steps: 1 },
    { state: 'idle', from: 4, steps: 1 },
  ]);
});

test('it is told by how long each state lasted', () => {
  expect(told(['working', 'idle', 'working', null])).toBe('The last hour: working 50 %, idle 25 %');
  expect(told([])).toBe('Nothing is known of the last hour');
});
