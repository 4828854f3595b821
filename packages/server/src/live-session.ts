import {
  errorFrom,
  type Host,
  type Link,
  type LinkEvents,
  type Manifest,
  Pipeline,
  type RunOptions,
  type Session,
  type SessionError,
} from "@remotemedia/core";
import { linkNodes } from "./link-nodes.ts";
import { withLinkNodes } from "./wire-manifest.ts";

/** What a live session is made from. */
export interface LiveSessionOptions {
  /** Joined to a link by `wireManifest`. */
  readonly manifest: Manifest;
  readonly host: Host;
  readonly link: Link;
  readonly run?: RunOptions;
  /** What else wants to know what the link tells. */
  readonly overheard?: Partial<LinkEvents>;
  /** Every error of a node, as it happens. */
  readonly onError?: (error: SessionError) => void;
}

/** A pipeline as a picture needs it. */
export interface PipelineShape {
  readonly name: string;
  readonly nodes: readonly { readonly id: string; readonly node_type: string }[];
  readonly connections: readonly { readonly from: string; readonly to: string }[];
}

/** One session of the served pipeline and the link it belongs to: whichever ends first ends the other. */
export class LiveSession implements AsyncDisposable {
  readonly session: Session;
  /** Resolves when both have ended, rejects with what ended them. */
  readonly done: Promise<void>;
  readonly #manifest: Manifest;
  readonly #link: Link;

  private constructor(session: Session, { manifest, link, onError }: LiveSessionOptions) {
    this.session = session;
    this.#manifest = manifest;
    this.#link = link;
    this.done = this.#watch();
    this.done.catch(() => undefined);
    if (onError !== undefined) void this.#report(onError);
  }

  /**
   * Opens a session for a link.
   *
   * @throws what `Pipeline.open` throws when a node does not start; the link stays open so that the other end can be told.
   */
  static async open(options: LiveSessionOptions): Promise<LiveSession> {
    const { manifest, link, overheard } = options;
    const host = withLinkNodes(options.host, linkNodes(link, overheard));
    return new LiveSession(await Pipeline.fromManifest(manifest, host).open(options.run), options);
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #watch(): Promise<void> {
    const ends = [this.session.done, this.#link.done];
    try {
      await Promise.race(ends);
      await this.close();
    } catch (thrown) {
      await this.#link.close({ error: errorFrom(thrown, "internal") });
      await this.session.close();
      throw thrown;
    }
  }

  async #report(onError: (error: SessionError) => void): Promise<void> {
    for await (const error of this.session.errors) onError(error);
  }
}
