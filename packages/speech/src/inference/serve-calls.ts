/** The worker's side of a {@link WorkerHost}. */
import { parentPort, type Transferable } from "node:worker_threads";

/** What a worker sends back. */
export type Reply = { readonly response: unknown } | { readonly error: string };

/** What a worker is sent. */
export interface Asked<Request> {
  readonly request: Request;
  /** One element: not 0 when nobody waits for the answer any more. */
  readonly givenUp: Int32Array;
}

/**
 * Answers the calls of the thread that started this one.
 *
 * @param handle gets one request at a time, and a function that tells whether it was given up; what it throws fails that call and no other
 * @param transferred what of the response changes hands instead of being copied. Default: nothing.
 * @example serveCalls((text: string) => speak(text), (samples) => [samples.buffer]);
 */
export function serveCalls<Request, Response>(
  handle: (request: Request, isGivenUp: () => boolean) => Response | Promise<Response>,
  transferred: (response: Response) => readonly Transferable[] = () => [],
): void {
  const answer = async ({ request, givenUp }: Asked<Request>): Promise<void> => {
    try {
      const response = await handle(request, () => Atomics.load(givenUp, 0) !== 0);
      parentPort?.postMessage({ response } satisfies Reply, transferred(response));
    } catch (thrown) {
      parentPort?.postMessage({ error: thrown instanceof Error ? thrown.message : String(thrown) } satisfies Reply);
    }
  };
  parentPort?.on("message", (asked: Asked<Request>) => void answer(asked));
}
