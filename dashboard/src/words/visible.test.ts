import { expect, test } from 'vitest';
import { visible } from './visible';

test.each([
  ['rm -rf build', 'rm -rf build'],
  ['<script>alert(1)</script>', '<script>alert(1)</script>'],
  ['a\tb\nc\r\nd', 'a\tb\nc\nd'],
  ['\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
  ['safe\u202egnp.exe', 'safe⟨RLO⟩gnp.exe'],
  ['a\rb\u0007', 'a␍b␇'],
  ['\u009b31m\u007f', '⟨9B⟩31m␡'],
  ['漢字 🚀 ñ', '漢字 🚀 ñ'],
])('%j is shown as %j', (text, shown) => expect(visible(text)).toBe(shown));
