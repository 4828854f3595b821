import { errorFrom } from "@remotemedia/core";
import { requireModel } from "../models/index.ts";
import { WorkerHost } from "./worker-host.ts";

/** A model, and the thread that it runs in. */
export interface ModelThread<Request> {
  /** As it is installed. */
  readonly name: string;
  /** The worker's file below this package's sources, without its ending. It finds the model's `folder` and its `name` in `workerData`. */
  readonly entry: string;
  /** What it is asked before anybody else asks: first calls are slow. */
  readonly rehearsals: readonly Request[];
}

const loaded = new Map<string, Promise<WorkerHost<never, unknown>>>();

/**
 * The process's one instance of a model, loaded and warmed up by who needs it first. It stays until the process ends, which it does not
 * prevent, or until {@link releaseModels}: the next session shall not wait for it again.
 *
 * @throws `host-unsupported` when the model is not installed, `package-invalid` when it is damaged, `node-failed` when it cannot be loaded
 */
export function sharedModel<Request, Response>(model: ModelThread<Request>): Promise<WorkerHost<Request, Response>> {
  const known = loaded.get(model.name);
  if (known !== undefined) return known as Promise<WorkerHost<Request, Response>>;
  const loading = load<Request, Response>(model);
  loaded.set(model.name, loading);
  loading.catch(() => loaded.get(model.name) === loading && loaded.delete(model.name));
  return loading;
}

/**
 * Ends the threads of recognition and synthesis and gives their memory back. Where a session still uses one, what it is doing fails with
 * `cancelled`, and its next use loads the model again.
 *
 * @example
 * await session.close();
 * await releaseModels(); // nobody will speak for a long time
 */
export async function releaseModels(): Promise<void> {
  const loading = [...loaded.values()];
  loaded.clear();
  for (const host of await Promise.allSettled(loading)) if (host.status === "fulfilled") await host.value.close();
}

async function load<Request, Response>({ name, entry, rehearsals }: ModelThread<Request>): Promise<WorkerHost<Request, Response>> {
  const folder = await requireModel(name);
  const host = new WorkerHost<Request, Response>(entry, { workerData: { folder, name } });
  try {
    for (const request of rehearsals) await host.call(request);
  } catch (cause) {
    await host.close();
    throw errorFrom(cause, "node-failed", { message: `the model ${name} cannot be loaded from ${folder}: ${cause}` });
  }
  return host;
}
