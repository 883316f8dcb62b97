import { expect, test } from 'vitest';
import type { Event } from '../api/client';
import { make } from '../api/made';
import { applied, asks, urgent } from './apply';

const event = (name: string, more: object) => ({ seq: 1, event: name, type: name, timestamp: 7, node: 'here', session: 'one', ...more }) as Event;

test('a change of state brings its time and its detail, and drops those before', () => {
  const before = make({ detail: { tool: 'Bash' } });
  const [after] = applied([before], [event('state_change', { state: 'waiting', prevState: 'idle', detail: { question: 'Go?' } })]);
  expect(after).toMatchObject({ state: 'waiting', since: 7, detail: { question: 'Go?' } });
  expect(after!.detail.tool).toBeUndefined();
});

test('progress, another question, an end', () => {
  const [after] = applied([make({ state: 'waiting' })], [
    event('progress', { progress: 40, source: 'spec' }),
    event('agent_waiting', { detail: { question: 'And now?' } }),
    event('agent_exited', {}),
  ]);
  expect(after).toMatchObject({ progress: 40, progress_source: 'spec', detail: { question: 'And now?' }, alive: false });
});

test('who is not named stays the same object', () => {
  const [one, two] = [make({}), make({ session: 'two' })];
  const after = applied([one, two], [event('progress', { progress: 1 })]);
  expect(after[0]).not.toBe(one);
  expect(after[1]).toBe(two);
});

test('who was forgotten is off the list, unless one of that name came after it', () => {
  const one = make({});
  expect(applied([one], [event('agent_forgotten', {})])).toEqual([]);
  expect(applied([one], [event('agent_forgotten', {}), event('agent_spawned', {})])).toEqual([one]);
});

test.each([
  ['state_change', { state: 'working', prevState: 'thinking' }, false, false],
  ['progress', { progress: 1 }, false, false],
  ['state_change', { state: 'waiting', prevState: 'working' }, true, true],
  ['state_change', { state: 'working', prevState: 'waiting' }, true, true],
  ['state_change', { state: 'error', prevState: 'working' }, true, false],
  ['agent_waiting', {}, true, true],
  ['approval_answered', {}, true, true],
  ['agent_spawned', {}, true, true],
])('%s %o: drawn at once %s, questions asked for %s', (name, more, soon, asked) => {
  expect([urgent(event(name, more)), asks(event(name, more))]).toEqual([soon, asked]);
});
