/** Waits, but not for ever. */
import type { Clock } from "../clock.ts";

/** When to stop waiting. */
export interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  /** Stops waiting at once, without a result. */
  readonly signal?: AbortSignal;
  /** What to throw when the time is over; nothing: go on without a result. */
  readonly late?: () => Error;
}

/** What `work` gives, unless it takes too long; then it goes on unheard. */
export function withDeadline<T>(work: () => Promise<T>, { clock, ms, signal, late }: Deadline): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      cancel();
      resolve(undefined);
    };
    const cancel = clock.setTimer(ms, () => (late === undefined ? resolve(undefined) : reject(late())));
    signal?.addEventListener("abort", giveUp, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => {
        cancel();
        signal?.removeEventListener("abort", giveUp);
      });
  });
}
