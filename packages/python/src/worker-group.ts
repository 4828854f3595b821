/** The nodes of a session that share a worker; a new worker when theirs dies. */
import { errors, isRemoteMediaError, type Log } from "@remotemedia/core";
import type { PythonWorker } from "./python-worker.ts";
import { type ProcessOptions, startProcess, type WorkerProcess } from "./worker-process.ts";

/** Where nodes live. */
export interface Home {
  worker(): Promise<PythonWorker>;
  add(resident: Resident): void;
  remove(resident: Resident): void;
  /** Ends code that does not give the loop back, where that can be done. */
  kill(): void;
}

/** A node that lives in a worker. */
export interface Resident {
  /** Lets it live in a new worker as it did in the one before. */
  revive(worker: PythonWorker): Promise<void>;
  /** Its worker is gone. */
  orphan(how: string): void;
  /** There will be none. */
  bury(thrown: unknown): void;
}

// Kept warm, by what they are started with: a worker that dies under a live stream is replaced within the time of two frames.
const spares = new Map<string, Promise<WorkerProcess>>();
const keyOf = ({ python, isJailed }: ProcessOptions): string => `${python}${isJailed ? " in a jail" : ""}`;

/** Has a worker started that nobody needs yet. */
export function keepSpare(options: ProcessOptions): void {
  const key = keyOf(options);
  if (spares.has(key)) return;
  const spare = startProcess(options);
  spares.set(key, spare);
  spare.then(
    (running) => running.hold(false),
    () => spares.delete(key),
  );
}

async function takeProcess(options: ProcessOptions): Promise<WorkerProcess> {
  const spare = spares.get(keyOf(options));
  spares.delete(keyOf(options));
  const ready = await spare?.catch(() => undefined);
  if (ready === undefined || ready.worker.isLost) return startProcess(options);
  ready.hold(true);
  return ready;
}

// A worker that dies so often before its nodes have started again will not live.
const mostRestarts = 3;

/** One worker and who lives in it. */
export class WorkerGroup implements Home {
  readonly #options: ProcessOptions;
  readonly #log: Log;
  readonly #keepsSpare: boolean;
  readonly #residents = new Set<Resident>();
  #process: Promise<WorkerProcess> | undefined;
  #isClosed = false;
  #restarts = 0;

  constructor(options: ProcessOptions, log: Log, keepsSpare: boolean) {
    this.#options = options;
    this.#log = log;
    this.#keepsSpare = keepsSpare;
  }

  /** The worker, started for the first that asks. */
  async worker(): Promise<PythonWorker> {
    this.#process ??= this.#start();
    return (await this.#process).worker;
  }

  add(resident: Resident): void {
    this.#residents.add(resident);
  }

  /** Who leaves last ends the worker. */
  remove(resident: Resident): void {
    if (!this.#residents.delete(resident) || this.#residents.size > 0) return;
    this.#isClosed = true;
    void this.#process?.then(
      (running) => running.close(),
      () => undefined,
    );
  }

  /** Kills the worker, which is then replaced: nothing else stops code that does not give the loop back. */
  kill(): void {
    void this.#process?.then((running) => running.kill());
  }

  async #start(): Promise<WorkerProcess> {
    const running = await takeProcess(this.#options);
    if (this.#keepsSpare) keepSpare(this.#options);
    running.adopt(this.#log, (how) => this.#lost(how));
    return running;
  }

  #lost(how: string): void {
    if (this.#isClosed) return;
    for (const resident of this.#residents) resident.orphan(how);
    this.#log.warn(`a Python worker is gone: ${how}; it is started again`);
    this.#process = undefined;
    void this.#restart(how);
  }

  async #restart(how: string): Promise<void> {
    try {
      if (++this.#restarts > mostRestarts) throw errors.nodeFailed({ message: `the Python worker dies again and again: ${how}` });
      const worker = await this.worker();
      await Promise.all([...this.#residents].map((resident) => resident.revive(worker)));
      this.#restarts = 0;
    } catch (thrown) {
      // Died once more while it started: that is told on its own.
      if (isRemoteMediaError(thrown) && thrown.code === "transport-failed") return;
      for (const resident of this.#residents) resident.bury(thrown);
    }
  }
}
