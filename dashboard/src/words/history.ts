// What was typed before, walked through with the arrows as in a shell.

export class History {
  private at = -1;
  private draft = '';

  /** One step: back (older) or forth. `current` is what stands there now. Null where there is nothing that way. */
  step(back: boolean, current: string, texts: readonly string[]): string | null {
    const next = this.at + (back ? 1 : -1);
    if (next < -1 || next >= texts.length) return null;
    if (this.at === -1) this.draft = current;
    this.at = next;
    return next === -1 ? this.draft : texts[next]!;
  }

  /** Somebody typed or sent: the next step back is the newest again. */
  rest(): void {
    this.at = -1;
  }
}
