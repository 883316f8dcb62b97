// Something that is wanted often and done seldom: the first call runs almost at once, those that follow no more often than
// every so many milliseconds (a call may ask for a quicker pace), one run is under way at a time, and the last call is never lost.

const FIRST_MS = 16;

export class Soon {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueAt = Infinity;
  private running = false;
  /** The pace of the run that is wanted after the one under way. */
  private again: number | null = null;
  private ranAt = -Infinity;
  private underWay: Promise<void> = Promise.resolve();

  constructor(private readonly ms: number, private readonly run: () => Promise<void>) {}

  /** As soon as the pace allows: its own, or a quicker one where somebody waits for it. */
  call(ms = this.ms): void {
    if (this.running) {
      this.again = Math.min(ms, this.again ?? ms);
      return;
    }
    const now = performance.now();
    const due = Math.max(now + FIRST_MS, this.ranAt + ms);
    if (due >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = due;
    this.timer = setTimeout(() => void this.go(), due - now);
  }

  /** At once, or behind the run that is under way. */
  now(): void {
    if (this.running) this.again ??= this.ms;
    else void this.go();
  }

  /** Nothing more, but for what is under way. */
  stop(): void {
    this.unset();
    this.again = null;
  }

  /** Nothing more, and comes back once what was under way is over. */
  async rest(): Promise<void> {
    this.stop();
    while (this.running) await this.underWay.catch(() => {});
    this.stop();
  }

  /** Comes back once a run that began after this call is over. */
  async done(): Promise<void> {
    await this.rest();
    await this.go();
  }

  private unset(): void {
    clearTimeout(this.timer);
    this.dueAt = Infinity;
  }

  private async go(): Promise<void> {
    this.unset();
    this.running = true;
    this.ranAt = performance.now();
    this.underWay = this.run();
    try {
      await this.underWay;
    } finally {
      this.running = false;
    }
    const { again } = this;
    this.again = null;
    if (again !== null) this.call(again);
  }
}
