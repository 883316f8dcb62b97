// The event stream of all nodes with its cursor: whatever happens to the connection, each event comes out once and in order for its node,
// or a reset says that they cannot all be had. What keeps time and opens sockets is given, so that tests need neither.
import type { Event } from '../api/client';

export type Link =
  | { is: 'connecting' }
  | { is: 'live' }
  /** Connected, and still reading what was missed. */
  | { is: 'behind'; missing: number }
  | { is: 'lost'; since: number };

export interface Socket {
  onmessage: ((message: { data: string }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export interface World {
  open(path: string): Socket;
  now(): number;
  /** Runs it once, after so many milliseconds; gives what takes it back. */
  later(ms: number, run: () => void): () => void;
}

export interface Listener {
  events(events: Event[]): void;
  link(link: Link): void;
  /** What is known may be wrong: at the start, after a gap, when a node came or went. Load it afresh. */
  reset(): void;
}

const RETRY_MS = [200, 500, 1000, 2000, 4000, 8000] as const;
const BEAT_MS = 15_000;
/** An answer to a ping, or the end of a silent opening, takes no longer. */
const PATIENCE_MS = 6_000;

type Control = { type: 'connected'; cursor: string } | { type: 'gap'; node: string; cursor: string } | { type: 'node' } | { type: 'error' } | { type: 'pong' };

/** A part of a cursor: a node, its database, and the event's place in that. */
interface Place {
  node: string;
  journal: string;
  seq: number;
}

function place(part: string): Place {
  const [journal = '', seq] = part.split(':');
  return { node: journal.split('@')[0]!, journal, seq: Number(seq) };
}

export class Feed {
  /** How far it got, by node; null before the first connection. */
  private places: Map<string, Place> | null = null;
  /** How far all nodes were when it connected. */
  private target: readonly Place[] = [];
  private socket: Socket | null = null;
  /** Whether it has said anything yet; before that it takes nothing either. */
  private talks = false;
  private failures = 0;
  private lostAt = 0;
  private cancel: () => void = () => {};

  constructor(private readonly world: World, private readonly listener: Listener) {}

  /** Connects, and keeps connecting. */
  start(): void {
    this.open();
  }

  /** Something suggests that the connection may be dead, or could be made again now: the page woke up, the network is back. */
  nudge(): void {
    if (this.socket === null) this.open();
    else if (this.talks) this.beat();
  }

  private open(): void {
    this.cancel();
    if (this.lostAt === 0) this.listener.link({ is: 'connecting' });
    const cursor = [...(this.places?.values() ?? [])].map(({ journal, seq }) => `${journal}:${seq}`).join(',');
    const socket = this.world.open(`/ws?batch=1&nodes=all${cursor ? `&cursor=${cursor}` : ''}`);
    this.socket = socket;
    this.talks = false;
    socket.onmessage = ({ data }) => this.socket === socket && this.take(JSON.parse(data) as Event[] | Event | Control);
    socket.onclose = () => this.socket === socket && this.lose();
    this.expect();
  }

  /** From now on something must come within the patience. */
  private expect(): void {
    this.cancel();
    this.cancel = this.world.later(PATIENCE_MS, () => {
      this.socket?.close();
      this.lose();
    });
  }

  private beat(): void {
    this.socket?.send('{"type":"ping"}');
    this.expect();
  }

  private lose(): void {
    this.cancel();
    this.socket = null;
    if (this.lostAt === 0) this.lostAt = this.world.now();
    this.listener.link({ is: 'lost', since: this.lostAt });
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]!;
    this.failures += 1;
    this.cancel = this.world.later(wait, () => this.open());
  }

  private take(message: Event[] | Event | Control): void {
    this.talks = true;
    this.cancel();
    this.cancel = this.world.later(BEAT_MS, () => this.beat());
    if (Array.isArray(message)) this.hand(message);
    else if ('seq' in message && 'event' in message) this.hand([message]);
    else this.control(message as Control);
  }

  private control(message: Control): void {
    if (message.type === 'connected') {
      this.failures = 0;
      this.lostAt = 0;
      this.target = message.cursor.split(',').map(place);
      if (this.places === null) {
        this.places = new Map(this.target.map((each) => [each.node, each]));
        this.listener.reset();
      }
      this.tell();
    } else if (message.type === 'gap') {
      this.places?.set(message.node, place(message.cursor));
      this.listener.reset();
      this.tell();
    } else if (message.type === 'node') {
      this.listener.reset();
    }
  }

  private hand(events: Event[]): void {
    const behind = this.missing() > 0;
    const fresh = events.filter((event) => this.advance(place(event.cursor ?? '')));
    if (fresh.length === 0) return;
    this.listener.events(fresh);
    if (behind) this.tell();
  }

  /** Takes note of where its node is now; whether that is further than before. */
  private advance(now: Place): boolean {
    const before = this.places?.get(now.node);
    if (before?.journal === now.journal && before.seq >= now.seq) return false;
    this.places?.set(now.node, now);
    return true;
  }

  private missing(): number {
    const of = ({ node, journal, seq }: Place) => {
      const now = this.places?.get(node);
      return now?.journal === journal ? Math.max(0, seq - now.seq) : 0;
    };
    return this.target.reduce((sum, each) => sum + of(each), 0);
  }

  private tell(): void {
    const missing = this.missing();
    this.listener.link(missing > 0 ? { is: 'behind', missing } : { is: 'live' });
  }
}
