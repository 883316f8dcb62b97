// One hash over everything that the bundle is made of. tests/browser/test_bundle.py computes the same.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const APART = /\.test\.ts$|\.d\.ts$/; // neither tests nor types are in the bundle
const FILES = ['index.html', 'package-lock.json', 'package.json', 'svelte.config.js', 'vite.config.ts'];

/** SHA-256 in hexadecimal: of each source, in order of its path, the path, NUL, the text, NUL. */
export function sources() {
  const inner = readdirSync(`${ROOT}src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !APART.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.length).replaceAll('\\', '/'));
  const hash = createHash('sha256');
  for (const name of [...FILES, ...inner].sort()) {
    hash.update(`${name}\0`).update(readFileSync(`${ROOT}${name}`)).update('\0');
  }
  return hash.digest('hex');
}
