// Something that is wanted often and done seldom: the first call runs almost at once, those that follow no more often than
// every so many milliseconds, one run is under way at a time, and the last call is never lost.

const FIRST_MS = 16;

export class Soon {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private again = false;
  private ranAt = -Infinity;
  private underWay: Promise<void> = Promise.resolve();

  constructor(private readonly ms: number, private readonly run: () => Promise<void>) {}

  /** As soon as the pace allows. */
  call(): void {
    if (this.running) this.again = true;
    else this.timer ??= setTimeout(() => void this.go(), Math.max(FIRST_MS, this.ranAt + this.ms - performance.now()));
  }

  /** At once, or behind the run that is under way. */
  now(): void {
    if (this.running) this.again = true;
    else void this.go();
  }

  /** Nothing more, but for what is under way. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.again = false;
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

  private async go(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = true;
    this.ranAt = performance.now();
    this.underWay = this.run();
    try {
      await this.underWay;
    } finally {
      this.running = false;
    }
    if (this.again) {
      this.again = false;
      this.call();
    }
  }
}
