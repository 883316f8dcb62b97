// Answers on their way: the dialog is shown, and takes no other answer, until it is known what became of this one.
import { answer } from '../api/approvals';
import type { Approval } from '../api/client';
import { fleet } from './fleet.svelte';
import { me } from './me.svelte';
import { notices } from './notices.svelte';

class Answers {
  private underWay = $state.raw<readonly Approval[]>([]);

  /** The dialog of that agent; one that is being answered is kept even where the list of open ones has lost it. */
  of(session: string): Approval | null {
    const here = (one: Approval) => one.session === session;
    return this.underWay.find(here) ?? fleet.approvals?.find(here) ?? null;
  }

  /** Whether somebody's answer to it is on its way. */
  busy(approval: Approval | null): boolean {
    return approval !== null && (approval.status === 'answering' || this.underWay.some(({ id }) => id === approval.id));
  }

  /** Gives the answer `said` and tells what came of it; `label` is what a person reads. */
  async give(approval: Approval, said: string, label: string): Promise<void> {
    if (this.busy(approval)) return;
    if (me.only) return notices.say(me.only, true);
    this.underWay = [...this.underWay, approval];
    await notices.after(`${approval.session}: ${label}`, () => answer(approval.id, said));
    this.underWay = this.underWay.filter(({ id }) => id !== approval.id);
    fleet.refresh();
  }
}

export const answers = new Answers();
