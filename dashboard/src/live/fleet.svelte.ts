// All agents, as the page knows them now: loaded once, then kept by events, and loaded again where events leave something open.
import { waiting } from '../api/approvals';
import { api, ask, sentence, type Agent, type Approval, type Event } from '../api/client';
import { applied, asks, urgent } from './apply';
import { Feed, type Link, type Socket } from './feed';
import { Soon } from './soon';

/** What many agents do is drawn at most so often: half of a browser's work is drawing, and nobody reads a hundred cards five times a second. */
const DRAW_MS = 400;
/** What somebody may be waiting for is drawn sooner. */
const URGENT_MS = 50;
const RELOAD_MS = 1000;
/** What no event tells, such as how much was changed in a worktree, is seen after so long. */
const AGAIN_MS = 10_000;

class Fleet {
  agents = $state.raw<readonly Agent[]>([]);
  /** Null where this daemon has no approvals. */
  approvals = $state.raw<readonly Approval[] | null>([]);
  link = $state.raw<Link>({ is: 'connecting' });
  loaded = $state(false);
  /** Why the list could not be loaded, a sentence; empty when it could. */
  problem = $state('');
  /** Whether there is no connection; what reads it when it loads loads again when the daemon is back. */
  readonly away = $derived(this.link.is === 'lost');

  private pending: Event[] = [];
  /** What came while a list was under way may be missing in it, and is put in again. */
  private meanwhile: Event[] | null = null;
  private listeners = new Set<(events: readonly Event[]) => void>();
  private readonly draw = new Soon(DRAW_MS, async () => this.flush());
  private readonly reload = new Soon(RELOAD_MS, () => this.load());
  private readonly ask = new Soon(250, () => this.loadApprovals());

  constructor() {
    const feed = new Feed(
      {
        open: (path) => new WebSocket(new URL(path, location.href.replace(/^http/, 'ws'))) as unknown as Socket,
        now: () => Date.now(),
        later: (ms, run) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
      },
      {
        events: (events) => {
          this.pending.push(...events);
          this.meanwhile?.push(...events);
          this.draw.call(events.some(urgent) ? URGENT_MS : DRAW_MS);
        },
        link: (link) => {
          if (link.is === 'live' && (this.link.is === 'lost' || this.link.is === 'behind')) this.refresh();
          this.link = link;
        },
        reset: () => this.refresh(),
      },
    );
    feed.start();
    setInterval(() => document.visibilityState === 'visible' && this.link.is === 'live' && this.reload.call(), AGAIN_MS);
    addEventListener('online', () => feed.nudge());
    addEventListener('pageshow', () => feed.nudge());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && feed.nudge());
  }

  /** Whoever wants to see each event, once and in order; gives what ends it. */
  follow(listener: (events: readonly Event[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Loads everything again: after something was done, or missed. */
  refresh(): void {
    this.reload.now();
    this.ask.now();
  }

  /** The same, and comes back once the list is as it was after the call. */
  async refreshed(): Promise<void> {
    this.ask.now();
    await this.reload.done();
  }

  /** It is off the list. */
  drop(session: string): void {
    this.agents = this.agents.filter((agent) => agent.session !== session);
    this.refresh();
  }

  private flush(): void {
    const events = this.pending;
    this.pending = [];
    this.agents = applied(this.agents, events);
    for (const listener of this.listeners) listener(events);
    if (events.some(({ event }) => event === 'agent_spawned' || event === 'agent_adopted')) this.reload.now();
    else this.reload.call();
    if (events.some(asks)) this.ask.call();
  }

  private async load(): Promise<void> {
    this.meanwhile = [];
    try {
      const { agents } = await ask(api.GET('/api/agents'));
      const known = new Map(this.agents.map((agent) => [agent.id, agent]));
      // One that says the same stays the same object, and is not drawn again.
      const same = (agent: Agent) => {
        const before = known.get(agent.id);
        return before && JSON.stringify(before) === JSON.stringify(agent) ? before : agent;
      };
      this.agents = applied(agents.map(same), this.meanwhile);
      this.loaded = true;
      this.problem = '';
    } catch (error) {
      this.problem = sentence(error);
    } finally {
      this.meanwhile = null;
    }
  }

  private async loadApprovals(): Promise<void> {
    try {
      this.approvals = await waiting();
    } catch {
      // The list of agents says what is wrong; these are asked for again with the next event.
    }
  }
}

export const fleet = new Fleet();
