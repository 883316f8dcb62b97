import { expect, test } from 'vitest';
import { Wire, type Control, type Line, type Link } from './wire';

class World {
  lines: (Line & { sent: string[]; closed: boolean })[] = [];
  waits: { ms: number; run: () => void }[] = [];
  links: string[] = [];
  controls: Control[] = [];
  seen: string[] = [];
  wire = new Wire(
    {
      open: () => {
        const line = {
          binaryType: '', onmessage: null, onclose: null, sent: [] as string[], closed: false,
          send(text: string) { line.sent.push(text); },
          close() { line.closed = true; },
        };
        this.lines.push(line);
        return line;
      },
      later: (ms, run) => {
        const wait = { ms, run };
        this.waits.push(wait);
        return () => void this.waits.splice(this.waits.indexOf(wait), 1);
      },
    },
    {
      link: (link: Link) => void this.links.push(link.is === 'over' ? `over: ${link.why}` : link.is),
      picture: (cols, rows) => void this.seen.push(`${cols}x${rows}`),
      bytes: (data) => void this.seen.push(new TextDecoder().decode(data)),
      control: (control) => void this.controls.push(control),
      refused: (sentence) => void this.seen.push(sentence),
    },
  );

  hear(message: object | string): void {
    const data = typeof message === 'string' ? new TextEncoder().encode(message).buffer : JSON.stringify(message);
    this.lines.at(-1)!.onmessage!({ data });
  }
}

test('a picture, then bytes; who has control', () => {
  const world = new World();
  world.wire.start();
  world.hear({ type: 'picture', cols: 80, rows: 24 });
  world.hear('drawn');
  world.hear({ type: 'control', holder: 'uid:1', you: false, may: true });
  expect(world.seen).toEqual(['80x24', 'drawn']);
  expect(world.links).toEqual(['connecting', 'live']);
  expect(world.controls).toEqual([{ holder: 'uid:1', you: false, may: true }]);
});

test('what is lost comes back, ever more slowly, and at once again after a picture', () => {
  const world = new World();
  world.wire.start();
  for (const ms of [500, 1000, 2000]) {
    world.lines.at(-1)!.onclose!({ code: 4008 });
    expect(world.waits.at(-1)!.ms).toBe(ms);
    world.waits.at(-1)!.run();
  }
  world.hear({ type: 'picture', cols: 80, rows: 24 });
  world.lines.at(-1)!.onclose!({ code: 1006 });
  expect(world.waits.at(-1)!.ms).toBe(500);
  expect(world.controls.at(-1)!.you).toBe(false);
});

test('what is over stays over until it is started again', () => {
  const world = new World();
  world.wire.start();
  world.hear({ type: 'end', why: 'It is gone.' });
  world.lines.at(-1)!.onclose!({ code: 4000 });
  expect(world.links.at(-1)).toBe('over: It is gone.');
  expect(world.waits).toEqual([]);
  world.wire.start();
  world.lines.at(-1)!.onclose!({ code: 4001 });
  expect(world.links.at(-1)).toBe('over: Your token was revoked.');
  expect(world.waits).toEqual([]);
});

test('keys go in pieces that the daemon takes, a stop sends and opens nothing more', () => {
  const world = new World();
  world.wire.start();
  world.wire.keys('x'.repeat(20_000));
  world.wire.paste('');
  expect(world.lines[0]!.sent.map((text) => JSON.parse(text).text.length)).toEqual([8192, 8192, 3616]);
  world.wire.stop();
  expect(world.lines[0]!.closed).toBe(true);
  world.lines[0]!.onclose!({ code: 1005 });
  world.wire.keys('x');
  expect([world.waits.length, world.lines.length, world.lines[0]!.sent.length]).toEqual([0, 1, 3]);
});
