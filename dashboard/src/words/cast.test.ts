import { expect, test } from 'vitest';
import { PAUSE_MS, parse } from './cast';

test('what happened comes in its order, pauses are cut, and what is not whole is passed over', () => {
  const lines = ['{"version":2,"width":80,"height":24}', '[0.5,"o","a"]', '[60,"r","90x30"]', '[60.25,"m","cut"]', '[61,"o"'];
  expect(parse(lines.join('\n'))).toEqual({
    cols: 80,
    rows: 24,
    steps: [{ at: 500, bytes: 'a' }, { at: 500 + PAUSE_MS, size: [90, 30] }, { at: 750 + PAUSE_MS, said: 'cut' }],
    length: 750 + PAUSE_MS,
  });
});

test('what is no recording is said to be none', () => {
  expect(() => parse('{"error":"no"}')).toThrow('no recording');
});
