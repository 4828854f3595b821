import { errorFrom, type Frame, type Host, type Link, type Manifest, Pipeline, type Session } from "@remotemedia/core";
import { type LinkEnds, withLinkNodes } from "./link-nodes.ts";

/** What a live session is made from. */
export interface LiveSessionOptions {
  /** Joined to a link by `wireManifest`. */
  readonly manifest: Manifest;
  /** Its log is told of every error of a node, without what it says: that may quote a user. */
  readonly host: Host;
  readonly link: Link;
}

/** One session of the served pipeline and the link it belongs to: whichever ends first ends the other. */
export class LiveSession {
  readonly session: Session;
  readonly link: Link;
  readonly #options: LiveSessionOptions;
  #heardUs: number;

  private constructor(session: Session, ends: LinkEnds, options: LiveSessionOptions) {
    this.session = session;
    this.link = options.link;
    this.#options = options;
    this.#heardUs = options.host.clock.nowUs();
    this.#listen(ends);
    this.#watch();
    void this.#report();
  }

  /**
   * Opens a session for a link.
   *
   * @throws what `Pipeline.open` throws when a node does not start; the link stays open so that the other end can be told.
   */
  static async open(options: LiveSessionOptions): Promise<LiveSession> {
    const { host, ends } = withLinkNodes(options.host, options.link);
    return new LiveSession(await Pipeline.fromManifest(options.manifest, host).open(), ends, options);
  }

  /** When media or a message came last, on the host's clock. Packets that carry none, and audio made up for losses, do not count. */
  get heardUs(): number {
    return this.#heardUs;
  }

  /** Flushes and stops the session and says goodbye to the other end. */
  async close(): Promise<void> {
    await this.session.close();
    await this.link.close();
  }

  #listen({ message, request, played }: LinkEnds): void {
    const { link, host } = this.#options;
    const take = (frame: Frame): void | Promise<void> => {
      if (frame.metadata["concealed"] !== true) this.#heardUs = host.clock.nowUs();
      return message(frame);
    };
    link.receive({
      message: take,
      // Live media never hold the network back: an edge that is full drops the oldest.
      media: (frame) => void take(frame),
      interrupt: (_turn, reason) => this.session.interrupt(reason),
      request,
      played,
      error: ({ code }) => host.log.warn("a message could not be sent", { session: link.id, code }),
    });
  }

  #watch(): void {
    const { link, host } = this.#options;
    const failed = (error: unknown): void => host.log.error("a session did not end in order", { session: link.id, error: String(error) });
    const closeLink = (thrown: unknown): Promise<void> => link.close({ error: errorFrom(thrown, "internal") });
    this.session.done.then(() => link.close(), closeLink).catch(failed);
    const closeSession = (): Promise<void> => this.session.close();
    link.done.then(closeSession, closeSession).catch(failed);
  }

  async #report(): Promise<void> {
    const { link, host } = this.#options;
    for await (const { error, count } of this.session.errors) {
      // What nodes still wanted to send when the client had gone is nobody's fault.
      if (link.state !== "closed") host.log.warn("a node failed", { session: link.id, code: error.code, node: error.node, count });
    }
  }
}
