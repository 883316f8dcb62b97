// Sentences that come and go: what was done, what was refused.
import { sentence } from '../api/client';

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
}

const STAY_MS = 5_000;
const STAY_BAD_MS = 12_000;

class Notices {
  all = $state.raw<readonly Notice[]>([]);
  private next = 1;

  say(text: string, bad = false): void {
    const id = this.next++;
    this.all = [...this.all.slice(-3), { id, text, bad }];
    setTimeout(() => this.drop(id), bad ? STAY_BAD_MS : STAY_MS);
  }

  drop(id: number): void {
    this.all = this.all.filter((notice) => notice.id !== id);
  }

  /** Does it; says what came of it. Whether it was done. */
  async after(done: string, doing: () => Promise<unknown>): Promise<boolean> {
    try {
      await doing();
      if (done) this.say(done);
      return true;
    } catch (error) {
      this.say(sentence(error), true);
      return false;
    }
  }
}

export const notices = new Notices();
