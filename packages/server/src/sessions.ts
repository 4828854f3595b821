/** The sessions of a server: one for each link, until the link ends. */
import { type Carrier, type Clock, errorFrom, errors, type Link, LinkHost, type Log, type RemoteMediaError } from "@remotemedia/core";
import { watchIdle } from "./idle-watch.ts";
import type { LiveSession } from "./live-session.ts";
import type { Limits } from "./options.ts";
import { Places } from "./quotas.ts";

/** A session that runs, and its link: each ends with the other. */
export type Served = Pick<LiveSession, "link" | "session" | "heardUs" | "close">;

/** What sessions are made with. */
export interface SessionsOptions {
  readonly open: (link: Link) => Promise<Served>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** All sessions. Close it to end them. */
export class Sessions {
  readonly totals = { opened: 0, failed: 0, refused: 0 };
  /** Is told of each that ends, while its metrics can still be read. */
  onEnd: (served: Served) => void = () => undefined;
  readonly #options: SessionsOptions;
  readonly #links: LinkHost;
  readonly #places: Places;
  readonly #served = new Map<string, Served>();
  readonly #addresses = new Map<string, string>();
  readonly #whenEmpty: (() => void)[] = [];
  #isDraining = false;

  constructor(options: SessionsOptions) {
    const { limits, clock } = options;
    this.#options = options;
    this.#places = new Places("sessions", limits.sessions, limits.sessionsPerAddress);
    this.#links = new LinkHost({ clock, resumeWindowMs: limits.resumeWindowMs, open: (link) => this.#open(link) });
  }

  /** Those that run. */
  get all(): readonly Served[] {
    return [...this.#served.values()];
  }

  get isDraining(): boolean {
    return this.#isDraining;
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
      const served = await this.#options.open(link);
      this.totals.opened++;
      this.#keep(served, release);
    } catch (thrown) {
      this.totals.failed++;
      this.#leave(release);
      throw thrown;
    }
  }

  #keep(served: Served, release: () => void): void {
    const { link } = served;
    const { log, limits, clock } = this.#options;
    const stopWatching = watchIdle(served, clock, limits.idleMs);
    this.#served.set(link.id, served);
    log.info("session opened", { session: link.id });
    const end = async (thrown?: unknown): Promise<void> => {
      log.info("session ended", { session: link.id, ...(thrown !== undefined && { reason: errorFrom(thrown, "internal").code }) });
      stopWatching();
      this.#served.delete(link.id);
      this.onEnd(served);
      await served.close();
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
