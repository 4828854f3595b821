/** Keeps the event loop alive: counts how long the executor has worked since the loop last had a turn. */
import { yieldToEventLoop } from "../clock.ts";
import { nowMs } from "./now.ts";

const longestMs = 10;

/** The working time of one session. Waiting does not count. */
export class TimeSlice {
  #depth = 0;
  #lastMs = 0;
  #spentMs = 0;

  /** Work begins. */
  enter(): void {
    if (this.#depth++ === 0) this.#lastMs = nowMs();
  }

  /** Work ends. */
  leave(): void {
    if (--this.#depth === 0) this.#spentMs += nowMs() - this.#lastMs;
  }

  /** Counts the work since the last look. True when the event loop must get its turn; outside of work never. */
  lap(): boolean {
    if (this.#depth === 0) return false;
    const atMs = nowMs();
    this.#spentMs += atMs - this.#lastMs;
    this.#lastMs = atMs;
    return this.isOver;
  }

  get isOver(): boolean {
    return this.#spentMs >= longestMs;
  }

  /** Gives the event loop its turn. */
  yield(): Promise<void> {
    this.#spentMs = 0;
    return yieldToEventLoop();
  }
}
