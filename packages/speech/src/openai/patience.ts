import { type Clock, errors } from "@remotemedia/core";

/**
 * How long one waits for a server: a deadline that every sign of life puts off, and that rests while nobody waits. Dispose of it at the end.
 *
 * @example
 * using patience = new Patience({ clock, ms: 10_000, signal: out.signal, whom: "127.0.0.1:8080" });
 * const response = await fetch(url, { signal: patience.signal });
 */
export class Patience {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #whom: string;
  readonly #outer: AbortSignal;
  readonly #abort = new AbortController();
  readonly #giveUp = (): void => this.#abort.abort(this.#outer.reason);
  #endsUs = 0;
  #cancel = (): void => undefined;

  constructor({
    clock,
    ms,
    signal,
    whom,
  }: { readonly clock: Clock; readonly ms: number; readonly signal: AbortSignal; readonly whom: string }) {
    this.#clock = clock;
    this.#ms = ms;
    this.#whom = whom;
    this.#outer = signal;
    signal.addEventListener("abort", this.#giveUp, { once: true });
    if (signal.aborted) this.#giveUp();
    this.restart();
  }

  /** Aborts with `timeout` at the deadline, and when the signal that was given aborts, with its reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Until the deadline, ms. */
  get leftMs(): number {
    return (this.#endsUs - this.#clock.nowUs()) / 1000;
  }

  /** A sign of life, or the end of a rest. */
  restart(): void {
    this.#cancel();
    this.#endsUs = this.#clock.nowUs() + this.#ms * 1000;
    this.#cancel = this.#clock.setTimer(this.#ms, () =>
      this.#abort.abort(
        errors.timeout({
          message: `nothing came from ${this.#whom} for ${this.#ms} ms`,
          fix: "Look why the server is slow, or raise timeout_ms.",
        }),
      ),
    );
  }

  /** Nobody waits, because what came is being used. */
  rest(): void {
    this.#cancel();
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#outer.removeEventListener("abort", this.#giveUp);
  }
}
