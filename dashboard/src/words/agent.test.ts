import { expect, test } from 'vitest';
import { make } from '../api/made';
import { compare, doing, groupOf, matches } from './agent';

test('who needs a person comes first, oldest first; the busy stand still in order of their names', () => {
  const agents = [
    make({ session: 'z-busy', state: 'working', since: 1 }),
    make({ session: 'a-busy', state: 'testing', since: 9 }),
    make({ session: 'idle', state: 'idle' }),
    make({ session: 'asks-late', state: 'waiting', since: 20 }),
    make({ session: 'stuck-early', state: 'stuck', since: 10 }),
    make({ session: 'done', state: 'complete' }),
    make({ session: 'gone', state: 'idle', alive: false }),
  ];
  expect(agents.sort(compare).map(({ session }) => session)).toEqual([
    'stuck-early', 'asks-late', 'done', 'a-busy', 'z-busy', 'idle', 'gone',
  ]);
});

test('an error that is retried needs nobody; a crash does, though its program is gone', () => {
  expect(groupOf(make({ state: 'error', detail: { retrying: true } }))).toBe('busy');
  expect(groupOf(make({ state: 'error', detail: {} }))).toBe('needs');
  expect(groupOf(make({ state: 'error', alive: false, exit_status: 1 }))).toBe('needs');
  expect(groupOf(make({ state: 'complete', alive: false, exit_status: 0 }))).toBe('ended');
});

test('what it does is said with its command', () => {
  expect(doing(make({ state: 'waiting', detail: { question: 'Proceed?', command: 'rm x' } }))).toEqual({ text: 'Proceed?', code: 'rm x' });
  expect(doing(make({ state: 'reading', detail: { tool: 'Read', file: '/a/b.py' } }))).toEqual({ text: 'Read', code: '/a/b.py' });
  expect(doing(make({ state: 'working', workdir: '/a/', detail: { tool: 'Edit', file: '/a/b.py' } })).code).toBe('b.py');
  expect(doing(make({ alive: false, detail: { message: 'it was killed on request' } })).text).toBe('It was killed on request.');
  expect(doing(make({ state: 'error', alive: false, exit_status: 137 })).text).toBe('It ended with status 137.');
  expect(doing(make({ state: 'idle' })).text).toBe('');
});

test('a search finds every word somewhere', () => {
  const agent = make({ session: 'api-tests', branch: 'feature/login', kind: 'claude' });
  expect(matches(agent, 'LOGIN api')).toBe(true);
  expect(matches(agent, 'login codex')).toBe(false);
  expect(matches(agent, '')).toBe(true);
});
