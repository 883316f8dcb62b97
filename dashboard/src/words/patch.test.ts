import { expect, test } from 'vitest';
import { files } from './patch';

test('a patch is taken apart by its files', () => {
  const patch = [
    'diff --git a/src/one.py b/src/one.py', 'index 1..2 100644', '--- a/src/one.py', '+++ b/src/one.py', '@@ -1 +1 @@', '-a', '+diff --git is only text here', '',
    'diff --git a/gone b/gone', 'deleted file mode 100644', '--- a/gone', '+++ /dev/null', '@@ -1 +0,0 @@', '-x', '',
    'diff --git a/old b/new name', 'similarity index 100%', 'rename from old', 'rename to new name', '',
    'diff --git a/a.png b/a.png', 'Binary files differ', '',
  ].join('\n');
  expect(files(patch).map(({ name }) => name)).toEqual(['src/one.py', 'gone', 'new name', 'a.png']);
  expect(files(patch)[0]!.text).toContain('+diff --git is only text here');
  expect(files('')).toEqual([]);
});
