// Agents that were picked to have the same done to all of them.
import { SvelteSet } from 'svelte/reactivity';

class Selection {
  on = $state(false);
  readonly picked = new SvelteSet<string>();

  toggle(session: string): void {
    if (!this.picked.delete(session)) this.picked.add(session);
  }

  stop(): void {
    this.on = false;
    this.picked.clear();
  }
}

export const selection = new Selection();
