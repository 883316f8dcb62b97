import { beforeEach, expect, test } from 'vitest';
import type { Event } from '../api/client';
import { Feed, type Link, type Socket } from './feed';

class Line implements Socket {
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: string[] = [];
  closed = false;
  constructor(readonly path: string) {}
  send(text: string) { this.sent.push(text); }
  close() { this.closed = true; }
  say(message: unknown) { this.onmessage?.({ data: JSON.stringify(message) }); }
}

const event = (seq: number, node = 'here') => ({ seq, event: 'progress', type: 'progress', timestamp: 0, node, session: 'one', cursor: `${node}@1f2e:${seq}` }) as Event;

let feed: Feed;
let now: number;
let due: { at: number; run: () => void }[];
let lines: Line[];
let seen: number[];
let links: Link[];
let resets: number;

function pass(ms: number) {
  now += ms;
  for (const one of due.filter(({ at }) => at <= now)) {
    if (due.includes(one)) {
      due.splice(due.indexOf(one), 1);
      one.run();
    }
  }
}

const line = () => lines.at(-1)!;

beforeEach(() => {
  now = 1000;
  due = [];
  lines = [];
  seen = [];
  links = [];
  resets = 0;
  const world = {
    open: (path: string) => { lines.push(new Line(path)); return line(); },
    now: () => now,
    later: (ms: number, run: () => void) => {
      const one = { at: now + ms, run };
      due.push(one);
      return () => { if (due.includes(one)) due.splice(due.indexOf(one), 1); };
    },
  };
  const listener = {
    events: (events: Event[]) => seen.push(...events.map(({ seq }) => seq)),
    link: (link: Link) => links.push(link),
    reset: () => { resets += 1; },
  };
  feed = new Feed(world, listener);
  feed.start();
  line().say({ type: 'connected', seq: 5, cursor: 'here@1f2e:5,south@1f2e:80' });
});

test('it starts at the newest event, with everything loaded once', () => {
  expect([line().path, resets, links.at(-1)]).toEqual(['/ws?batch=1&nodes=all', 1, { is: 'live' }]);
  line().say([event(6), event(81, 'south'), event(7)]);
  expect(seen).toEqual([6, 81, 7]);
});

test('a lost connection comes back with its cursor, says that it is behind, and repeats nothing', () => {
  line().say([event(6)]);
  line().onclose?.();
  expect(links.at(-1)).toEqual({ is: 'lost', since: 1000 });
  pass(200);
  expect(line().path).toBe('/ws?batch=1&nodes=all&cursor=here@1f2e:6,south@1f2e:80');
  line().say({ type: 'connected', seq: 8, cursor: 'here@1f2e:8,south@1f2e:81,west@77aa:4' });
  expect(links.at(-1)).toEqual({ is: 'behind', missing: 3 });
  line().say([event(6), event(7), event(8)]);
  line().say([event(81, 'south')]);
  expect(links.at(-1)).toEqual({ is: 'live' });
  expect([seen, resets]).toEqual([[6, 7, 8, 81], 1]);
});

test('what is tried again in vain is tried less and less often, and stays lost since the first moment', () => {
  line().onclose?.();
  for (const wait of [200, 500, 1000, 2000, 4000, 8000, 8000]) {
    const before = lines.length;
    pass(wait - 1);
    expect(lines.length).toBe(before);
    pass(1);
    expect(lines.length).toBe(before + 1);
    line().onclose?.();
  }
  expect(links.at(-1)).toEqual({ is: 'lost', since: 1000 });
  expect(links.filter(({ is }) => is === 'connecting').length).toBe(1);
});

test('a gap, which is where it goes on from, and nodes that come and go mean that everything is loaded afresh', () => {
  line().say({ type: 'gap', node: 'here', since: null, first: 3, cursor: 'here@77aa:2' });
  expect(resets).toBe(2);
  line().say({ type: 'node', node: 'south' });
  expect(resets).toBe(3);
  line().say([{ ...event(3), cursor: 'here@77aa:3' }]);
  line().onclose?.();
  pass(200);
  expect([seen, line().path]).toEqual([[3], '/ws?batch=1&nodes=all&cursor=here@77aa:3,south@1f2e:80']);
});

test('a connection that went silent is noticed by a ping that nobody answers', () => {
  const first = line();
  pass(15_000);
  expect(first.sent).toEqual(['{"type":"ping"}']);
  pass(6_000);
  expect(first.closed).toBe(true);
  expect(links.at(-1)?.is).toBe('lost');
  first.say([event(6)]);
  expect(seen).toEqual([]);
  pass(200);
  line().say({ type: 'connected', seq: 6, cursor: 'here@1f2e:6,south@1f2e:80' });
  line().say([event(6)]);
  expect(seen).toEqual([6]);
});

test('an answered ping keeps the connection', () => {
  pass(15_000);
  line().say({ type: 'pong' });
  pass(6_000);
  expect([lines.length, line().closed]).toEqual([1, false]);
});

test('a nudge asks whether the connection lives, makes a lost one again at once, and leaves one alone that is being made', () => {
  feed.nudge();
  expect(line().sent).toEqual(['{"type":"ping"}']);
  line().onclose?.();
  feed.nudge();
  expect(lines.length).toBe(2);
  feed.nudge();
  expect([lines.length, line().sent]).toEqual([2, []]);
});
