import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Soon } from './soon';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the first call runs almost at once, a burst behind it once and no sooner than the pace allows', async () => {
  const runs: number[] = [];
  const start = performance.now();
  const soon = new Soon(100, async () => void runs.push(performance.now() - start));
  soon.call();
  await vi.advanceTimersByTimeAsync(20);
  expect(runs).toEqual([16]);
  for (let call = 0; call < 5; call += 1) soon.call();
  await vi.advanceTimersByTimeAsync(500);
  expect(runs).toEqual([16, 116]);
});

test('a call that somebody waits for does not wait for the pace of the others, and takes them along', async () => {
  const runs: number[] = [];
  const start = performance.now();
  const soon = new Soon(400, async () => void runs.push(performance.now() - start));
  soon.now();
  soon.call();
  soon.call(50);
  soon.call();
  await vi.advanceTimersByTimeAsync(1000);
  expect(runs).toEqual([0, 50]);
});

test('a call during a run is not lost, and no two runs are under way', async () => {
  let under = 0;
  let most = 0;
  let runs = 0;
  const soon = new Soon(10, async () => {
    most = Math.max(most, (under += 1));
    runs += 1;
    await new Promise((done) => setTimeout(done, 50));
    under -= 1;
  });
  soon.now();
  soon.now();
  soon.call();
  await vi.advanceTimersByTimeAsync(300);
  expect([runs, most]).toEqual([2, 1]);
});

test('at rest nothing runs any more, and what was under way is over', async () => {
  let under = 0;
  let runs = 0;
  const soon = new Soon(10, async () => {
    runs += 1;
    under += 1;
    await new Promise((done) => setTimeout(done, 50));
    under -= 1;
  });
  soon.now();
  soon.call();
  const rested = soon.rest().then(() => under);
  await vi.advanceTimersByTimeAsync(300);
  expect([await rested, runs]).toEqual([0, 1]);
  const done = soon.done().then(() => runs);
  await vi.advanceTimersByTimeAsync(300);
  expect(await done).toBe(2);
});
