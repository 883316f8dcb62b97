// Something that is wanted often and done seldom: calls are gathered, one run is under way at a time, the last call is never lost.

export class Soon {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private again = false;

  constructor(private readonly ms: number, private readonly run: () => Promise<void>) {}

  /** Within so many milliseconds, or behind the run that is under way. */
  call(): void {
    if (this.running) this.again = true;
    else this.timer ??= setTimeout(() => void this.go(), this.ms);
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

  private async go(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = true;
    try {
      await this.run();
    } finally {
      this.running = false;
    }
    if (this.again) {
      this.again = false;
      this.call();
    }
  }
}
