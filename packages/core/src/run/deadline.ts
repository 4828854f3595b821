/** Waits, but not for ever. */
import type { Clock } from "../clock.ts";

/**
 * What `work` gives, or when the time is over what `late` gives: an error is thrown, anything else is the result. `work` goes on unheard.
 */
export function withDeadline<T>(clock: Clock, ms: number, work: () => Promise<T>, late: () => Error | undefined): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(ms, () => {
      const error = late();
      if (error === undefined) resolve(undefined);
      else reject(error);
    });
    work().then(resolve, reject).finally(cancel);
  });
}
