// Everything about one agent that its page shows, kept fresh while the page is open.
import { Refusal, api, ask, sentence, type Agent, type Command, type Event, type Progress, type Why } from '../api/client';
import { groupOf } from '../words/agent';
import { fleet } from './fleet.svelte';
import { Soon } from './soon';

const LINES = 200;
const KEPT_EVENTS = 200;
/** How far back in the journal its timeline reaches. */
const REACH = 5000;
const WATCH_MS = 1500;
const LIVES = new Set(['agent_spawned', 'agent_adopted', 'agent_killed']);

export class Dossier {
  output = $state('');
  outputProblem = $state('');
  why = $state.raw<Why | null>(null);
  progress = $state.raw<Progress | null>(null);
  commands = $state.raw<readonly Command[]>([]);
  /** Newest first, each once. */
  events = $state.raw<readonly Event[]>([]);

  /** Its pane is gone, and its output with it, until it is started again. */
  private gone = false;
  /** What is being done may end it: nothing is asked of it before that is known. */
  private holds = 0;
  private readonly path: { params: { path: { session: string } } };
  private readonly ends: (() => void)[] = [];
  private readonly soons: Soon[] = [];

  constructor(private readonly session: string) {
    this.path = { params: { path: { session } } };
    const output = this.soon(120, () => this.loadOutput());
    const rest = this.soon(250, () => this.loadRest());
    this.ends.push(
      fleet.follow((events) => {
        const own = events.filter((event) => event.session === session);
        if (own.length === 0) return;
        this.add(own);
        output.call();
        rest.call();
      }),
    );
    const timer = setInterval(() => {
      const agent = this.agent();
      const moves = agent && (groupOf(agent) === 'busy' || groupOf(agent) === 'needs' || agent.kind === 'shell');
      if (document.visibilityState !== 'visible' || fleet.link.is !== 'live') return;
      if (moves) output.call();
      // What a queued command waits for changes without an event.
      if (this.commands.some(({ status }) => status === 'queued')) rest.call();
    }, WATCH_MS);
    this.ends.push(() => clearInterval(timer));
    void this.loadEvents();
  }

  /** Loads all that moves: once it is there, and after what changes it. */
  refresh(): void {
    for (const soon of this.soons) soon.now();
  }

  /** Does what may end it, and asks nothing of it meanwhile; `goes` once that is done: its pane, all of it, or neither. Whether it was done. */
  async hold(doing: () => Promise<boolean>, goes: 'pane' | 'all' | 'none'): Promise<boolean> {
    this.holds += 1;
    for (const soon of this.soons) await soon.rest();
    const done = await doing();
    if (done && goes === 'all') return true;
    if (done) this.gone = goes === 'pane';
    await fleet.refreshed();
    this.holds -= 1;
    this.refresh();
    return done;
  }

  close(): void {
    this.holds += 1;
    for (const end of this.ends) end();
    for (const soon of this.soons) soon.stop();
  }

  private agent(): Agent | undefined {
    return fleet.agents.find(({ session }) => session === this.session);
  }

  /** Whether anything can be had of it, as far as the list tells. */
  there(): boolean {
    return !fleet.loaded || this.agent() !== undefined;
  }

  private soon(ms: number, run: () => Promise<void>): Soon {
    const soon = new Soon(ms, run);
    this.soons.push(soon);
    return soon;
  }

  private add(events: readonly Event[]): void {
    const known = new Set(this.events.map(({ seq }) => seq));
    const fresh = events.filter(({ seq }) => !known.has(seq));
    this.events = [...this.events, ...fresh].sort((a, b) => b.seq - a.seq).slice(0, KEPT_EVENTS);
    // Who is killed loses its pane; who ends by itself leaves it to be read.
    if (fresh.length && this.events.find(({ event }) => LIVES.has(event))?.event === 'agent_killed') this.gone = true;
  }

  private async loadOutput(): Promise<void> {
    if (this.holds || !this.there() || (this.gone && !this.agent()?.alive)) return;
    try {
      const { params } = this.path;
      const told = await ask(api.GET('/api/agents/{session}/output', { params: { ...params, query: { lines: LINES, ansi: true } } }));
      this.output = told.output;
      this.outputProblem = '';
      this.gone = false;
    } catch (error) {
      // What it showed last stays to be read.
      this.gone = error instanceof Refusal && error.status === 409;
      this.outputProblem = this.gone && this.output ? '' : sentence(error);
    }
  }

  private async loadRest(): Promise<void> {
    if (this.holds || !this.there()) return;
    // Each by itself: one that fails takes none of the others along, and the list of agents says what is wrong.
    const { params } = this.path;
    await Promise.allSettled([
      ask(api.GET('/api/agents/{session}/why', this.path)).then((told) => (this.why = told)),
      ask(api.GET('/api/agents/{session}/progress', this.path)).then((told) => (this.progress = told as Progress)),
      ask(api.GET('/api/agents/{session}/commands', { params: { ...params, query: { limit: 50 } } })).then((told) => (this.commands = told.commands)),
    ]);
  }

  /** Of an agent on another node: what the fleet keeps. */
  private async loadElsewhere(): Promise<void> {
    let cursor = '0';
    for (;;) {
      const page = await ask(api.GET('/api/events', { params: { query: { nodes: 'all', session: [this.session], cursor, limit: 500 } } }));
      this.add(page.events);
      if (page.count < 500) return;
      cursor = page.cursor!;
    }
  }

  private async loadEvents(): Promise<void> {
    try {
      if (this.session.includes('/')) return await this.loadElsewhere();
      const { seq: newest } = await ask(api.GET('/api/events', { params: { query: { limit: 1, since: 0 } } }));
      let since = Math.max(0, newest - REACH);
      for (;;) {
        const page = await ask(api.GET('/api/events', { params: { query: { session: [this.session], since, limit: 500 } } }));
        this.add(page.events);
        if (page.count < 500) return;
        since = page.events.at(-1)!.seq;
      }
    } catch {
      // The page says that the daemon does not answer; what happens from now on comes over the stream.
    }
  }
}
