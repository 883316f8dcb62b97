import { expect, test } from 'vitest';
import { rows } from './sgr';

const plain = { classes: '', color: null, ground: null };

test('marks and the sixteen colours', () => {
  expect(rows('a\u001b[1;31mb\u001b[22mc\u001b[0md')).toEqual([[
    { ...plain, text: 'a' }, { ...plain, text: 'b', classes: 'b c1' }, { ...plain, text: 'c', classes: 'c1' }, { ...plain, text: 'd' },
  ]]);
});

test('256 and all colours, and what stands behind them', () => {
  expect(rows('\u001b[38;5;208;1mx\u001b[48;2;1;2;3my\u001b[38;5;9mz')[0]).toEqual([
    { text: 'x', classes: 'b', color: 'rgb(255 135 0)', ground: null },
    { text: 'y', classes: 'b', color: 'rgb(255 135 0)', ground: 'rgb(1 2 3)' },
    { text: 'z', classes: 'b c9', color: null, ground: 'rgb(1 2 3)' },
  ]);
});

test('a style goes on in the next row; an empty row is empty', () => {
  expect(rows('\u001b[32ma\n\nb')).toEqual([[{ ...plain, text: 'a', classes: 'c2' }], [], [{ ...plain, text: 'b', classes: 'c2' }]]);
});

test('other sequences go, and what is left over is drawn', () => {
  expect(rows('\u001b[2Ka\u001b]8;;http:x\u001b\\b\u001b(Bc\u202ed')[0]!.map(({ text }) => text).join('')).toBe('abc⟨RLO⟩d');
});
