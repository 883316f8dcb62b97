import { expect, test } from 'vitest';
import { Titles } from './titles';

const bytes = (text: string) => new TextEncoder().encode(text);
const given = '\x1bktitle\x1b\\ text k \x1b[31mk\x1bk';
const wanted = '\x1bXtitle\x1b\\ text k \x1b[31mk\x1bX';

test('titles are passed over, nothing else is changed', () => {
  expect(new TextDecoder().decode(new Titles().passOver(bytes(given)))).toBe(wanted);
});

test('byte by byte it is the same', () => {
  const titles = new Titles();
  expect(new TextDecoder().decode(Uint8Array.from([...bytes(given)].flatMap((byte) => [...titles.passOver(Uint8Array.of(byte))])))).toBe(wanted);
});
