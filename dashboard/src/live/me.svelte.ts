// Who this page is to the daemon, and what it may not do.
import { api, ask } from '../api/client';

type Scope = 'read' | 'write' | 'admin';

class Me {
  name = $state('');
  scope = $state<Scope | null>(null);
  /** Logged in by a link or a token, and not by being the same person on the same machine. */
  guest = $state(false);

  /** Why this page may change nothing, a sentence; empty where it may. */
  readonly only = $derived(this.scope === 'read' ? `${this.who} may only look: what changes something takes the scope write.` : '');
  /** Who that is, in the daemon's words without what they are sorted by. */
  get who(): string {
    return this.name.replace(/^token:/, '') || 'This page';
  }

  constructor() {
    void this.load();
  }

  async load(): Promise<void> {
    try {
      const told = await ask(api.GET('/api/me'));
      this.name = told.name;
      this.scope = told.scope;
      this.guest = told.why === 'token';
    } catch {
      // The list of agents says what is wrong; a daemon that knows no /api/me refuses what may not be.
    }
  }

  async logout(): Promise<void> {
    await ask(api.POST('/api/logout'));
    location.replace('/login');
  }
}

export const me = new Me();
