import type { Clock } from "@remotemedia/core";

/** Timers of a clock by name; one that is set again starts anew. */
export class Timers<Name extends string> {
  readonly #clock: Clock;
  readonly #cancels = new Map<Name, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(name: Name, ms: number, fire: () => void): void {
    this.cancel(name);
    const cancel = this.#clock.setTimer(ms, () => {
      this.#cancels.delete(name);
      fire();
    });
    this.#cancels.set(name, cancel);
  }

  has(name: Name): boolean {
    return this.#cancels.has(name);
  }

  cancel(name: Name): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  cancelAll(): void {
    for (const name of this.#cancels.keys()) this.cancel(name);
  }
}
