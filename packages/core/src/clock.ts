/** Time as nodes and the executor see it; a session has one clock. A virtual clock makes every test of time deterministic. */

/** A monotonic clock with timers. */
export interface Clock {
  /** µs since the clock's own zero; never runs backwards. */
  nowUs(): number;
  /** Calls `fire` once after `ms`; gives a function that cancels it. */
  setTimer(ms: number, fire: () => void): () => void;
}

/** Waits on a clock. Resolves early, without an error, when the signal aborts. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.setTimer(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

// setTimeout fires at once for delays that do not fit 31 bits.
const longestDelayMs = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  nowUs: () => Math.round(performance.now() * 1000),
  setTimer(ms, fire) {
    const timer = setTimeout(fire, Math.min(ms, longestDelayMs));
    return () => clearTimeout(timer);
  },
};

/**
 * A clock that stands still until `advance` moves it: for tests.
 *
 * @example
 * const clock = new VirtualClock();
 * const session = await pipeline.open({ clock });
 * await clock.advance(500);
 */
export class VirtualClock implements Clock {
  #nowUs = 0;
  #next = 0;
  #timers: { readonly atUs: number; readonly order: number; readonly fire: () => void }[] = [];

  nowUs(): number {
    return this.#nowUs;
  }

  setTimer(ms: number, fire: () => void): () => void {
    const timer = { atUs: this.#nowUs + ms * 1000, order: this.#next++, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on by `ms`, firing what is due in order, and lets promises settle before and after each. */
  async advance(ms: number): Promise<void> {
    const endUs = this.#nowUs + ms * 1000;
    await settle();
    for (let due = this.#due(endUs); due !== undefined; due = this.#due(endUs)) {
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowUs = Math.max(this.#nowUs, due.atUs);
      due.fire();
      await settle();
    }
    this.#nowUs = endUs;
  }

  #due(endUs: number) {
    const due = this.#timers.filter((timer) => timer.atUs <= endUs);
    return due.sort((a, b) => a.atUs - b.atUs || a.order - b.order)[0];
  }
}

/** Lets everything that is ready run: promise jobs, and tasks of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await yieldToEventLoop();
}

/**
 * Gives the event loop one turn: timers, sockets and input get their chance. A message channel, because `setTimeout` waits a
 * millisecond at least and `setImmediate` exists in Node.js only.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
