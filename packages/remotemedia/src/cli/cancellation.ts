import { errors } from "@remotemedia/core";
import { standardOutputClosed } from "./terminal.ts";

/** By convention 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** What can end a run before its end: a signal, a deadline, a reader of standard output that goes. */
export class Cancellation implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #timeoutMs: number | undefined;
  #exitCode: number | undefined;
  #isTimedOut = false;

  constructor(timeoutMs?: number) {
    this.#timeoutMs = timeoutMs;
    process.on("SIGINT", this.#onSignal).on("SIGTERM", this.#onSignal);
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isTimedOut = true;
      this.#controller.abort();
    }, timeoutMs);
  }

  /** Aborts the run. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#controller.signal, standardOutputClosed]);
  }

  /** The exit code, where a signal ended the run. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** What the run threw, or why it really ended. */
  reasonOf(thrown: unknown): unknown {
    if (!this.#isTimedOut) return thrown;
    return errors.timeout({
      message: `the run took longer than ${this.#timeoutMs} ms`,
      fix: "Raise --timeout, or find what hangs.",
      cause: thrown,
    });
  }

  // The first signal ends it in order, so that files can be read; the second at once.
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const code = exitCodes[signal as keyof typeof exitCodes];
    if (this.#exitCode !== undefined) process.exit(code);
    this.#exitCode = code;
    this.#controller.abort();
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    process.off("SIGINT", this.#onSignal).off("SIGTERM", this.#onSignal);
  }
}
