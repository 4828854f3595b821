/** One timer for everything in the process that is due at some time: jitter buffers, senders, watches. */
import { type Clock, systemClock } from "@remotemedia/core";

/** Something that wants to be called when its time has come. */
export interface Ticked {
  /** µs of the clock; `Infinity` while there is nothing to do. */
  readonly dueUs: number;
  tick(nowUs: number): void;
  /** A tick threw; it is not called again. */
  failed(thrown: unknown): void;
}

// What is due within 2 ms is done together: fifty sessions would else wake the process for each of their hundred frames in 20 ms.
const grainUs = 2000;
// So long at a time: what has arrived in the meantime is read before the rest is done.
const mostAtOnceUs = 3000;

/**
 * Calls its members when they are due, with one timer of the clock for all of them. A timer per session costs more wake-ups than the work
 * that they do.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #members = new Set<Ticked>();
  #armedUs = Number.POSITIVE_INFINITY;
  #lastUs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many it has. */
  get size(): number {
    return this.#members.size;
  }

  /** Adds a member; gives a function that removes it. */
  add(member: Ticked): () => void {
    this.#members.add(member);
    this.wake(member.dueUs);
    return () => {
      this.#members.delete(member);
      if (this.#members.size === 0) this.#disarm();
    };
  }

  /** Something became due at `dueUs`; to be told whenever that may be sooner than before. */
  wake(dueUs: number): void {
    // What is overdue already is late enough.
    const atUs = dueUs <= this.#lastUs ? dueUs : Math.max(dueUs, this.#lastUs + grainUs);
    if (!(atUs < this.#armedUs)) return;
    this.#disarm();
    this.#armedUs = atUs;
    this.#cancel = this.#afterReading(atUs - this.#clock.nowUs(), () => this.#fire());
  }

  /**
   * Calls back after `waitUs`, and after the sockets were read. Node.js runs timers as long as any is due: under load no packet would be read for
   * 200 ms, every jitter buffer would take that for the network's jitter and grow, and time-scaling would add to the load.
   */
  #afterReading(waitUs: number, call: () => void): () => void {
    let immediate: NodeJS.Immediate | undefined;
    const soon = (): void => {
      immediate = setImmediate(call);
    };
    const cancelTimer = waitUs <= 0 ? soon() : this.#clock.setTimer(waitUs / 1000, soon);
    return () => {
      cancelTimer?.();
      clearImmediate(immediate);
    };
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedUs = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    const nowUs = this.#clock.nowUs();
    this.#disarm();
    this.#lastUs = nowUs;
    let nextUs = Number.POSITIVE_INFINITY;
    for (const member of this.#members) {
      if (member.dueUs <= nowUs) this.#call(member, nowUs);
      nextUs = Math.min(nextUs, member.dueUs);
      if (this.#clock.nowUs() - nowUs > mostAtOnceUs) {
        nextUs = nowUs;
        break;
      }
    }
    if (nextUs < Number.POSITIVE_INFINITY) this.wake(nextUs);
  }

  #call(member: Ticked, nowUs: number): void {
    try {
      member.tick(nowUs);
    } catch (thrown) {
      // One bad session must not stop the others.
      this.#members.delete(member);
      member.failed(thrown);
    }
  }
}

const tickers = new WeakMap<Clock, Ticker>();

/** The ticker that all connections on a clock share. */
export function tickerOf(clock: Clock = systemClock): Ticker {
  let ticker = tickers.get(clock);
  if (ticker === undefined) tickers.set(clock, (ticker = new Ticker(clock)));
  return ticker;
}
