import { WorkerHost } from "../inference/worker-host.ts";
import { requireModel } from "../models/index.ts";
import type { MoonshineSize } from "./moonshine.ts";

/** Recognizes 16 kHz mono; finals go before partials. */
export type Recognizer = WorkerHost<Float32Array, string>;

/** A recognizer in use. */
export interface RecognizerLease {
  readonly recognizer: Recognizer;
  /** To be called once. */
  release(): void;
}

interface Shared {
  readonly host: Recognizer;
  /** Resolved when it has recognized something. */
  readonly warm: Promise<unknown>;
  users: number;
  closing: NodeJS.Timeout | undefined;
}

/** Loading takes a second: a model stays for a while, because the next call may come soon. */
const lingerMs = 60_000;
const open = new Map<MoonshineSize, Promise<Shared>>();

/**
 * The process's one instance of a model, loaded and warmed up. It ends a minute after its last user has given it back; it never keeps the process alive.
 *
 * @throws `host-unsupported` when the model is not installed, `package-invalid` when it is damaged, `node-failed` when it cannot be loaded
 */
export async function leaseRecognizer(size: MoonshineSize): Promise<RecognizerLease> {
  let opening = open.get(size);
  if (opening === undefined) {
    opening = start(size);
    open.set(size, opening);
  }
  const forget = (): void => void (open.get(size) === opening && open.delete(size));
  const shared = await opening.catch((cause: unknown) => {
    forget();
    throw cause;
  });
  clearTimeout(shared.closing);
  shared.users++;
  const release = (): void => {
    if (--shared.users > 0) return;
    shared.closing = setTimeout(() => {
      forget();
      void shared.host.close();
    }, lingerMs).unref();
  };
  try {
    await shared.warm;
  } catch (cause) {
    release();
    forget();
    throw cause;
  }
  return { recognizer: shared.host, release };
}

async function start(size: MoonshineSize): Promise<Shared> {
  const folder = await requireModel(`moonshine-${size}`);
  const host: Recognizer = new WorkerHost("asr/moonshine-worker", { workerData: { folder, size } });
  return { host, warm: host.call(new Float32Array(16_000)), users: 0, closing: undefined };
}
