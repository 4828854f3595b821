/** One call of a Python node: an iterator that asks the worker for one item at a time, so that nothing is made for which there is no room. */
import type { Emission, Frame, Output } from "@remotemedia/core";
import { errors } from "@remotemedia/core";

/** Who carries a call to the worker. */
export interface Caller {
  /** Sends the call itself. */
  begin(call: PythonCall): void;
  /** There is room for another item. */
  next(call: PythonCall): void;
  /** Nobody wants its items any more. */
  cancel(call: PythonCall): void;
}

type Result = IteratorResult<Emission, undefined>;
const over: Result = { done: true, value: undefined };

/** The host's side of a call. */
export class PythonCall implements AsyncIterableIterator<Emission> {
  readonly #caller: Caller;
  readonly op: number;
  /** The borrowed input: it is there until the call settles, so a call can be made again. */
  readonly frame: Frame | undefined;
  readonly out: Output;
  readonly number: number;
  /** Items that were handed on: then the call cannot be made again. */
  given = 0;
  /** How long the sound of its items is, µs. */
  soundUs = 0;
  /** How often a worker died with it. */
  deaths = 0;
  isCancelled = false;
  isOver = false;
  #hasBegun = false;
  #isWatched = false;
  #resolve: ((result: Result) => void) | undefined;
  #reject: ((thrown: unknown) => void) | undefined;
  #failure: unknown;

  constructor(caller: Caller, op: number, number: number, frame: Frame | undefined, out: Output) {
    this.#caller = caller;
    this.op = op;
    this.number = number;
    this.frame = frame;
    this.out = out;
  }

  /**
   * Looks whether it was given up. Interruptions and the end come through `return`; what has run into its timeout says so only by its signal, and a
   * signal for every call would cost more than all the rest of it, so those that take long are looked at.
   */
  watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    const { signal } = this.out;
    if (signal.aborted) this.#cancel();
    else signal.addEventListener("abort", () => this.#cancel(), { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#failure !== undefined) return Promise.reject(this.#takeFailure());
    if (this.isOver) return Promise.resolve(over);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#hasBegun) return this.#caller.next(this);
      this.#hasBegun = true;
      this.#caller.begin(this);
    });
  }

  /** The executor wants no more: resolves when the worker has let go. */
  async return(): Promise<Result> {
    this.#cancel();
    return over;
  }

  /** An item came. */
  give(item: readonly [port: string, frame: Frame]): void {
    this.given++;
    if (item[1].kind === "audio") this.soundUs += item[1].duration;
    this.#resolve?.({ done: false, value: item });
    this.#resolve = undefined;
  }

  /** The worker has answered it. */
  end(): void {
    this.isOver = true;
    this.#resolve?.(over);
    this.#resolve = undefined;
  }

  /** It failed. */
  fail(thrown: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    // What was cancelled has not failed.
    if (this.isCancelled) this.#resolve?.(over);
    else if (this.#resolve !== undefined) this.#reject?.(thrown);
    else this.#failure = thrown;
    this.#resolve = undefined;
  }

  #cancel(): void {
    if (this.isCancelled || this.isOver) return;
    this.isCancelled = true;
    if (this.#hasBegun) this.#caller.cancel(this);
    else this.end();
  }

  #takeFailure(): unknown {
    const thrown = this.#failure ?? errors.internal({ message: "a call failed without a reason" });
    this.#failure = undefined;
    return thrown;
  }
}
