// Small choices of this browser (grid or table), kept when the page is left.

export class Kept<T extends string> {
  private current = $state() as T;

  constructor(private readonly name: string, usual: T, possible: readonly T[]) {
    const found = localStorage.getItem(name) as T | null;
    this.current = found !== null && possible.includes(found) ? found : usual;
  }

  get value(): T {
    return this.current;
  }

  set value(value: T) {
    this.current = value;
    localStorage.setItem(this.name, value);
  }
}
