// What each agent was mostly doing in the last hour, for the strip on its card; asked for once a minute while the page is looked at.
import { api, ask } from '../api/client';

const EVERY_MS = 60_000;
const REACH_MS = 3_600_000;

export type Strip = readonly (string | null)[];

class Strips {
  private by = $state.raw<Readonly<Record<string, Strip>>>({});
  private askedAt = -Infinity;
  private users = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  of(session: string): Strip {
    return this.by[session] ?? [];
  }

  /** Keeps them fresh until what it gives is called. */
  use(): () => void {
    this.users += 1;
    this.timer ??= setInterval(() => void this.load(), EVERY_MS);
    void this.load();
    return () => {
      this.users -= 1;
      if (this.users > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private async load(): Promise<void> {
    if (document.visibilityState !== 'visible' || performance.now() - this.askedAt < EVERY_MS / 2) return;
    this.askedAt = performance.now();
    try {
      this.by = (await ask(api.GET('/api/history/states', { params: { query: { since: Date.now() - REACH_MS } } }))).states;
    } catch {
      // The list of agents says what is wrong; without a history there is no strip.
    }
  }
}

export const strips = new Strips();
