import { type Clock, errorFrom, Flags, type Host, type Link, type Log, type Manifest, Pipeline, type Session } from "@remotemedia/core";
import { type LinkEnds, withLinkNodes } from "./link-nodes.ts";

/** What a live session is made from. */
export interface LiveSessionOptions {
  /** Joined to a link by `wireManifest`. */
  readonly manifest: Manifest;
  /** Its log is told of every error of a node, without what it says: that may quote a user. */
  readonly host: Host;
  readonly link: Link;
}

/** A pipeline as a picture needs it. */
export interface PipelineShape {
  readonly name: string;
  readonly nodes: readonly { readonly id: string; readonly node_type: string }[];
  readonly connections: readonly { readonly from: string; readonly to: string }[];
}

/** One session of the served pipeline and the link it belongs to: whichever ends first ends the other. */
export class LiveSession {
  readonly session: Session;
  readonly #manifest: Manifest;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #log: Log;
  #heardUs: number;

  private constructor(session: Session, ends: LinkEnds, { manifest, link, host: { clock, log } }: LiveSessionOptions) {
    this.session = session;
    this.#manifest = manifest;
    this.#link = link;
    this.#clock = clock;
    this.#log = log;
    this.#heardUs = clock.nowUs();
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

  /** Nodes and connections, the link's own included. */
  describe(): PipelineShape {
    const { metadata, nodes, connections = [] } = this.#manifest;
    return {
      name: metadata?.name ?? "",
      nodes: nodes.map(({ id, node_type }) => ({ id, node_type })),
      connections: connections.map(({ from, to }) => ({ from, to })),
    };
  }

  /** Flushes and stops the session and says goodbye to the other end. */
  async close(): Promise<void> {
    await this.session.close();
    await this.#link.close();
  }

  #listen({ message, request, played }: LinkEnds): void {
    this.#link.receive({
      message: (frame) => {
        this.#heardUs = this.#clock.nowUs();
        return message(frame);
      },
      media: (frame) => {
        if ((frame.flags & Flags.gap) === 0) this.#heardUs = this.#clock.nowUs();
        // Live media never hold the network back: an edge that is full drops the oldest.
        void message(frame);
      },
      interrupt: (_turn, reason) => this.session.interrupt(reason),
      request,
      played,
      error: ({ code }) => this.#log.warn("a message could not be sent", { session: this.#link.id, code }),
    });
  }

  #watch(): void {
    const failed = (error: unknown): void =>
      this.#log.error("a session did not end in order", { session: this.#link.id, error: String(error) });
    const closeLink = (thrown: unknown): Promise<void> => this.#link.close({ error: errorFrom(thrown, "internal") });
    this.session.done.then(() => this.#link.close(), closeLink).catch(failed);
    const closeSession = (): Promise<void> => this.session.close();
    this.#link.done.then(closeSession, closeSession).catch(failed);
  }

  async #report(): Promise<void> {
    for await (const { error, count } of this.session.errors) {
      // What nodes still wanted to send when the client had gone is nobody's fault.
      const { code, node } = error;
      if (this.#link.state !== "closed") this.#log.warn("a node failed", { session: this.#link.id, code, node, count });
    }
  }
}
