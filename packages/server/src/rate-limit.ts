import type { Clock } from "@remotemedia/core";

/** So many within a window of time. */
export class RateLimit {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  #sinceUs = 0;
  #count = 0;

  constructor(most: number, windowMs: number, clock: Clock) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Counts one more; false if it is one too many. */
  allows(): boolean {
    const nowUs = this.#clock.nowUs();
    if (nowUs - this.#sinceUs >= this.#windowMs * 1000) [this.#sinceUs, this.#count] = [nowUs, 0];
    return ++this.#count <= this.#most;
  }
}
