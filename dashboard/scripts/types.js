// src/api/schema.d.ts from openapi.json. With --check it only says whether the one was made from the other.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const source = path('openapi.json');
const generator = path('node_modules/openapi-typescript/bin/cli.js');
const target = path('src/api/schema.d.ts');
const mark = `// Made from openapi.json by \`npm run types\`; sha256 ${createHash('sha256').update(readFileSync(source)).digest('hex')}\n`;

if (process.argv.includes('--check')) {
  if (!readFileSync(target, 'utf8').startsWith(mark)) {
    console.error('src/api/schema.d.ts was made from another openapi.json: run `npm run types`.');
    process.exit(1);
  }
} else {
  execFileSync(process.execPath, [generator, source, '-o', target], { stdio: 'inherit' });
  writeFileSync(target, mark + readFileSync(target, 'utf8'));
}
