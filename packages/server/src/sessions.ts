/** The sessions of a server: one for each link, until the link ends. */
import {
  type Carrier,
  type Clock,
  errorFrom,
  errors,
  type Link,
  LinkHost,
  type Log,
  type Metrics,
  type RemoteMediaError,
} from "@remotemedia/core";
import { IdleWatch } from "./idle-watch.ts";
import type { PipelineShape } from "./live-session.ts";
import type { Limits } from "./options.ts";
import { Places } from "./places.ts";

/** A pipeline that runs behind a link, of which each ends with the other: a `LiveSession`. */
export interface OpenedSession {
  readonly session: { metrics(): Metrics };
  describe(): PipelineShape;
  close(): Promise<void>;
}

/** What sessions are made with. */
export interface SessionsOptions {
  readonly open: (link: Link) => Promise<OpenedSession>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** A session that runs. */
export interface Served {
  readonly link: Link;
  readonly opened: OpenedSession;
  /** Its client did something that the link's statistics do not count. */
  touch(): void;
}

/** All sessions. Close it to end them. */
export class Sessions {
  readonly totals = { opened: 0, failed: 0, refused: 0 };
  readonly #options: SessionsOptions;
  readonly #links: LinkHost;
  readonly #places: Places;
  readonly #served = new Map<string, Served>();
  readonly #addresses = new Map<string, string>();
  readonly #whenEmpty: (() => void)[] = [];
  #onEnd: (served: Served) => void = () => undefined;
  #isDraining = false;

  constructor(options: SessionsOptions) {
    const { limits, clock, log } = options;
    this.#options = options;
    this.#places = new Places("sessions", limits.sessions, limits.sessionsPerAddress);
    this.#links = new LinkHost({ clock, log, resumeWindowMs: limits.resumeWindowMs, open: (link) => this.#open(link) });
  }

  /** Those that run. */
  get all(): readonly Served[] {
    return [...this.#served.values()];
  }

  /** Is told of each that ends, while its metrics can still be read. */
  onEnd(tell: (served: Served) => void): void {
    this.#onEnd = tell;
  }

  /** Why this address gets no new session, if it gets none. */
  refusalOf(address: string): RemoteMediaError | undefined {
    const refusal = this.#isDraining ? shuttingDown() : this.#places.refusalOf(address);
    if (refusal !== undefined) this.totals.refused++;
    return refusal;
  }

  /**
   * The session of a connection: a new one, or the one that it had lost.
   *
   * @param id of a new session
   * @throws what keeps the session from starting; the other end of a link that speaks our protocol has been told as well.
   */
  async join(carrier: Carrier, id: string, address: string): Promise<Served> {
    this.#addresses.set(id, address);
    try {
      const link = await this.#links.accept(carrier, { id });
      const served = this.#served.get(link.id);
      if (served === undefined) throw errors.transportFailed({ message: "the connection was closed while the session opened" });
      return served;
    } finally {
      this.#addresses.delete(id);
    }
  }

  /** Takes no more; resolves when the last one has ended. */
  drained(): Promise<void> {
    this.#isDraining = true;
    return this.#places.taken === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Ends all of them, and tells their clients why. */
  async close(): Promise<void> {
    const drained = this.drained();
    await this.#links.close(shuttingDown());
    await drained;
  }

  async #open(link: Link): Promise<void> {
    const address = this.#addresses.get(link.id) ?? "";
    const refusal = this.refusalOf(address);
    if (refusal !== undefined) throw refusal;
    const release = this.#places.take(address);
    try {
      const opened = await this.#options.open(link);
      this.totals.opened++;
      this.#keep(link, opened, release);
    } catch (thrown) {
      this.totals.failed++;
      this.#leave(release);
      throw thrown;
    }
  }

  #keep(link: Link, opened: OpenedSession, release: () => void): void {
    const { log, limits, clock } = this.#options;
    const idle = new IdleWatch(link, clock, limits.idleMs);
    const served: Served = { link, opened, touch: () => idle.touch() };
    this.#served.set(link.id, served);
    log.info("session opened", { session: link.id });
    const end = async (thrown?: unknown): Promise<void> => {
      const reason = thrown === undefined ? undefined : errorFrom(thrown, "internal").code;
      log.info("session ended", { session: link.id, ...(reason !== undefined && { reason }) });
      idle.stop();
      this.#served.delete(link.id);
      this.#onEnd(served);
      await opened.close();
    };
    link.done
      .then(() => end(), end)
      .catch((error: unknown) => log.error("a session did not end in order", { session: link.id, error: String(error) }))
      .finally(() => this.#leave(release));
  }

  #leave(release: () => void): void {
    release();
    if (this.#places.taken === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

const shuttingDown = () => errors.cancelled({ message: "the server is shutting down", fix: "Connect again in a moment." });
