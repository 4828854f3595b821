/** Python processes that are there already, and serve node objects that live in them: how the Python client runs a pipeline of its own nodes. */
import type { Duplex } from "node:stream";
import { errors } from "@remotemedia/core";
import { PythonWorker, type WorkerFacts } from "./python-worker.ts";
import type { Home, Resident } from "./worker-group.ts";

/** A Python process that serves objects. */
export interface AttachedWorker {
  /** What it says of itself. @throws `transport-failed` when it ends before it answers */
  readonly ready: Promise<WorkerFacts>;
  /** Ends the connection; nodes that still live there fail. */
  close(): void;
}

const attached = new Map<string, AttachedHome>();

/**
 * Connects a Python process. Nodes of type `python` with the parameter `object` run there, those with `group` in the one of that name.
 *
 * @param stream a connected socket, at whose other end a `remotemedia._worker.Worker` serves; it belongs to the connection from now on
 * @throws `usage` when a process of that name is connected already
 * @example const worker = attachWorker(new Socket({ fd: 3 })); await worker.ready;
 */
export function attachWorker(stream: Duplex, name = ""): AttachedWorker {
  if (attached.has(name))
    throw errors.usage({ message: `a Python process "${name}" is attached already`, fix: "Close it, or give another name." });
  const home = new AttachedHome(stream, () => attached.delete(name));
  attached.set(name, home);
  return { ready: home.connection.ready, close: () => home.connection.close() };
}

/** Where objects of a group live. @throws `usage` where nobody is attached */
export function attachedHome(name: string): Home {
  const home = attached.get(name);
  if (home !== undefined) return home;
  throw errors.usage({
    message: `no Python process${name === "" ? "" : ` "${name}"`} is attached`,
    fix: "Call attachWorker first, or name a class.",
  });
}

class AttachedHome implements Home {
  readonly connection: PythonWorker;
  readonly #residents = new Set<Resident>();

  constructor(stream: Duplex, onGone: () => void) {
    this.connection = new PythonWorker(stream, {
      // Its log and its standard output are its own.
      onRecord: () => undefined,
      onBeat: () => undefined,
      onLost: () => {
        onGone();
        const gone = errors.transportFailed({ message: "the Python process has closed the connection" });
        for (const resident of this.#residents) {
          resident.orphan("it has closed the connection");
          resident.bury(gone);
        }
      },
    });
  }

  async worker(): Promise<PythonWorker> {
    await this.connection.ready;
    return this.connection;
  }

  add(resident: Resident): void {
    this.#residents.add(resident);
  }

  remove(resident: Resident): void {
    this.#residents.delete(resident);
  }

  kill(): void {
    // A process that is not ours is not killed.
  }
}
