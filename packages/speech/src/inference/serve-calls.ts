/** The worker's side of a {@link WorkerHost}. */
import { parentPort, type Transferable } from "node:worker_threads";

/** What a worker sends back. */
export type Reply = { readonly response: unknown } | { readonly error: string };

/**
 * Answers the calls of the thread that started this one.
 *
 * @param handle gets one request at a time; what it throws fails that call and no other
 * @param transferred what of the response changes hands instead of being copied. Default: nothing.
 * @example serveCalls((text: string) => speak(text), (samples) => [samples.buffer]);
 */
export function serveCalls<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
  transferred: (response: Response) => readonly Transferable[] = () => [],
): void {
  const answer = async (request: Request): Promise<void> => {
    try {
      const response = await handle(request);
      parentPort?.postMessage({ response } satisfies Reply, transferred(response));
    } catch (thrown) {
      parentPort?.postMessage({ error: thrown instanceof Error ? thrown.message : String(thrown) } satisfies Reply);
    }
  };
  parentPort?.on("message", (request: Request) => void answer(request));
}
