/** A worker thread that answers one call after the other, for all sessions of the process. */
import { Worker } from "node:worker_threads";
import { errors } from "@remotemedia/core";
import type { Asked, Reply } from "./serve-calls.ts";

/** What a worker is started with, and how long it may think. */
export interface WorkerHostOptions {
  /** What the worker finds as `workerData`. */
  readonly workerData?: unknown;
  /** A call that takes longer ends the worker, ms. Default 30,000. */
  readonly timeoutMs?: number;
}

/** How a call is made. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Somebody waits for it: it goes before those that wait and are not urgent. Default false. */
  readonly isUrgent?: boolean;
}

interface Call extends Asked<unknown> {
  readonly isUrgent: boolean;
  readonly resolve: (response: never) => void;
  readonly reject: (error: unknown) => void;
}

// Node.js 20 runs no TypeScript in workers: from source, the built file is run.
const here = import.meta.url.replace(/\/src(\/inference\/[^/]+)\.ts$/, "/dist$1.js");

/**
 * Starts its worker with the first call and again after it has died; the calls wait in a queue. The worker does not keep the process
 * alive, calls that wait for it do. The worker's side is {@link serveCalls}.
 *
 * @example const samples = await new WorkerHost<Text, Float32Array>("tts/flite-worker").call(text, { signal });
 */
export class WorkerHost<Request, Response> {
  readonly #entry: URL;
  readonly #options: WorkerHostOptions;
  readonly #waiting: Call[] = [];
  #worker: Worker | undefined;
  #running: Call | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  /** @param entry the worker's file below this package's sources, without its ending */
  constructor(entry: string, options: WorkerHostOptions = {}) {
    this.#entry = new URL(`../${entry}.js`, here);
    this.#options = options;
  }

  /**
   * Has the worker answer a request. Given up at once when the signal aborts: a request that waits is never run, one that
   * runs is told so, and its answer is dropped.
   *
   * @throws what the worker's handler threw, as an `Error` with its message; `node-failed` when the worker died or took too long
   */
  call(request: Request, { signal, isUrgent = false }: CallOptions = {}): Promise<Response> {
    return new Promise<Response>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const call: Call = {
        request,
        givenUp: new Int32Array(new SharedArrayBuffer(4)),
        isUrgent,
        resolve: (response) => settle(() => resolve(response)),
        reject: (error) => settle(() => reject(error)),
      };
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(call);
        if (index >= 0) this.#waiting.splice(index, 1);
        Atomics.store(call.givenUp, 0, 1);
        call.reject(signal?.reason);
      };
      const settle = (how: () => void): void => {
        signal?.removeEventListener("abort", onAbort);
        how();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const later = isUrgent ? this.#waiting.findIndex((other) => !other.isUrgent) : -1;
      this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, call);
      this.#next();
    });
  }

  /** Ends the worker. Calls that wait fail with `cancelled`; a later call starts a new one. */
  async close(): Promise<void> {
    const worker = this.#worker;
    const cancelled = errors.cancelled({ message: "the worker was closed" });
    for (const call of this.#waiting.splice(0)) call.reject(cancelled);
    this.#lost(worker, cancelled);
    await worker?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const call = this.#waiting.shift();
    if (call === undefined) return void this.#worker?.unref();
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#running = call;
    const { timeoutMs = 30_000 } = this.#options;
    this.#watchdog = setTimeout(() => this.#overdue(timeoutMs), timeoutMs);
    const { request, givenUp } = call;
    this.#worker.postMessage({ request, givenUp } satisfies Asked<unknown>);
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { workerData: this.#options.workerData });
    const died = (cause: unknown): void =>
      this.#lost(worker, errors.nodeFailed({ message: `the worker ${this.#entry.pathname.split("/").at(-1)} died`, cause }));
    worker.on("message", (reply: Reply) => this.#replied(worker, reply));
    worker.on("error", died);
    worker.on("exit", (code) => died(new Error(`exit code ${code}`)));
    return worker;
  }

  #replied(worker: Worker, reply: Reply): void {
    if (worker !== this.#worker) return;
    const call = this.#finish();
    if ("error" in reply) call?.reject(new Error(reply.error));
    else call?.resolve(reply.response as never);
    this.#next();
  }

  #overdue(timeoutMs: number): void {
    const worker = this.#worker;
    this.#lost(worker, errors.nodeFailed({ message: `the worker gave no answer within ${timeoutMs} ms` }));
    void worker?.terminate();
  }

  #lost(worker: Worker | undefined, error: Error): void {
    if (worker === undefined || worker !== this.#worker) return;
    this.#worker = undefined;
    this.#finish()?.reject(error);
    this.#next();
  }

  #finish(): Call | undefined {
    const call = this.#running;
    this.#running = undefined;
    clearTimeout(this.#watchdog);
    return call;
  }
}
