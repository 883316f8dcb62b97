// The time that the page shows: one timer for all.

class Clock {
  /** Unix milliseconds, moved on every second. */
  now = $state(Date.now());

  constructor() {
    setInterval(() => (this.now = Date.now()), 1000);
  }
}

export const clock = new Clock();
