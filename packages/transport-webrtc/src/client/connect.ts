import {
  type Clock,
  errors,
  Link,
  type LinkEvents,
  type LinkStats,
  type Log,
  linkProtocol,
  type RemoteMediaError,
  systemClock,
} from "@remotemedia/core";
import type { IceServer } from "../ice-servers.ts";
import type { WebRtcCarrier } from "../webrtc-carrier.ts";
import { WebRtcConnection } from "../webrtc-connection.ts";
import type { OpusOptions } from "../webrtc-options.ts";
import { watchFlow } from "./flow-watch.ts";
import { SignalingClient, type SignalingListener } from "./signaling-client.ts";
import { signalingUrl } from "./signaling-url.ts";

/** How {@link connectWebRtc} connects. */
export interface ConnectOptions {
  /** For a server that wants one; goes into the URL as `?token=`. */
  readonly token?: string;
  /** None by default; see `iceServersFrom`. */
  readonly iceServers?: readonly IceServer[];
  readonly opus?: OpusOptions;
  /** How long each step may take: reaching the server, its answer, media, the start of the pipeline. Default 15,000. */
  readonly timeoutMs?: number;
  /** How often the server tells what it measures. Default 60,000. */
  readonly statsEveryMs?: number;
  readonly log: Log;
  readonly clock?: Clock;
  /** Gives up connecting; a client that is connected is closed by `close`. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a RemoteMedia server: a session of its pipeline, with one audio track each way, and messages. A connection that is lost comes
 * back by itself: ICE is restarted when no packets arrive for 3 s, another connection takes its place when that does not help within 1 s, and
 * the session is kept.
 *
 * @param address `http://host:8080`, `ws://host:8080/ws` or `host:8080`
 * @param events who is told of media and messages; frames are given away
 * @throws `transport-failed` when nobody answers, `auth-failed` without a valid token, and what keeps the pipeline from starting.
 * @example
 * await using client = await connectWebRtc("http://localhost:8080", { message: show, media: play }, { log });
 * await client.link.sendMedia(frame);
 */
export async function connectWebRtc(address: string, events: LinkEvents, options: ConnectOptions): Promise<WebRtcClient> {
  const client = new WebRtcClient(signalingUrl(address, options.token), options);
  try {
    await client.open(events);
    return client;
  } catch (thrown) {
    await client.close(0);
    throw thrown;
  }
}

/** A client of a server. Whoever made it closes it. */
export class WebRtcClient implements AsyncDisposable {
  readonly link: Link;
  /** From the first packet to the server until media and messages can flow. */
  connectMs = 0;
  /** What the server measured last on its side. */
  serverStats: LinkStats | undefined;
  /** How often the connection was restarted, and how often replaced. */
  readonly recoveries = { restarts: 0, replacements: 0 };
  readonly #url: URL;
  readonly #options: ConnectOptions;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #signaling: SignalingClient | undefined;
  #connection: WebRtcConnection | undefined;
  #unwatch: () => void = () => undefined;
  /** The server has answered the offer. */
  #answered: (sdp: string) => void = () => undefined;
  /** What is awaited will not come. */
  #fail: ((error: RemoteMediaError) => void) | undefined;
  /** The server has announced the session. */
  readonly #sessionOpened: Promise<void>;
  #announced: () => void = () => undefined;

  /** @internal use {@link connectWebRtc} */
  constructor(url: URL, options: ConnectOptions) {
    const { clock = systemClock, timeoutMs = 15_000 } = options;
    this.#url = url;
    this.#options = options;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#sessionOpened = new Promise((resolve) => {
      this.#announced = resolve;
    });
    this.link = new Link({ role: "peer", clock, reconnect: () => this.#dial() });
  }

  /** @internal */
  async open(events: LinkEvents): Promise<void> {
    const startUs = this.#clock.nowUs();
    this.link.attach(await this.#dial());
    const opened = new Promise<void>((resolve) => {
      this.link.receive({
        ...events,
        state: (state) => {
          if (state === "open") resolve();
          events.state?.(state);
        },
      });
    });
    await this.#orFailure("the server did not greet", Promise.race([opened, this.link.done]));
    this.connectMs = (this.#clock.nowUs() - startUs) / 1_000;
    // The link is open before the pipeline has started, and the server says over either when that fails.
    await this.#orFailure("the pipeline did not start", Promise.race([this.#sessionOpened, this.link.done]));
  }

  /** Sends what waits, says goodbye, and closes; at the deadline it closes anyway. */
  async close(deadlineMs = 2_000): Promise<void> {
    this.#unwatch();
    await this.link.close({ deadlineMs });
    this.#fail?.(closed());
    await this.#connection?.close(0);
    this.#signaling?.send({ type: "close" });
    this.#signaling?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Makes a connection, over a new socket if there is none. */
  async #dial(): Promise<WebRtcCarrier> {
    this.#unwatch();
    if (this.#fail !== undefined) {
      this.#signaling?.abandon();
      this.#fail(errors.transportFailed({ message: "the connection was lost while it was restarted" }));
    }
    const signaling = await this.#signalingSocket();
    const connection = await WebRtcConnection.dial({
      ...this.#options,
      isForeign: false,
      connectTimeoutMs: this.#timeoutMs,
      onCandidate: (candidate) => this.#signaling?.send({ type: "ice-candidate", candidate }),
      onState: (state) => state === "stalled" && this.#connection === connection && this.#replace(connection),
    });
    this.#connection = connection;
    try {
      await connection.answered(await this.#exchange(signaling, connection.description));
      await this.#orFailure("no connection came about", connection.connected);
      this.#requireLife();
    } catch (thrown) {
      await connection.close(0);
      throw thrown;
    }
    this.#watch(signaling, connection);
    return connection.carrier;
  }

  async #signalingSocket(): Promise<SignalingClient> {
    if (this.#signaling?.isOpen === true) return this.#signaling;
    const { signal, statsEveryMs = 60_000 } = this.#options;
    const signaling = await SignalingClient.open(this.#url, this.#listener(), { timeoutMs: this.#timeoutMs, signal });
    this.#signaling = signaling;
    if (this.link.state === "closed") signaling.close();
    this.#requireLife();
    signaling.send({ type: "subscribe", interval_ms: statsEveryMs });
    return signaling;
  }

  /** While a connection is made, the client may be closed. */
  #requireLife(): void {
    if (this.link.state === "closed") throw closed();
  }

  #listener(): SignalingListener {
    return {
      answer: (sdp) => this.#answered(sdp),
      candidate: (candidate) => this.#connection?.addCandidate(candidate),
      error: (error) => this.#failed(error),
      other: (message) => {
        if (message["type"] === "session") this.#announced();
        if (message["type"] === "metrics") this.serverStats = message["link"] as LinkStats;
      },
      // Of an old socket while there is a new one: nobody asked it.
      closed: (error) => this.#signaling?.isOpen === true || this.#failed(error),
    };
  }

  #failed(error: RemoteMediaError): void {
    if (this.#fail !== undefined) return this.#fail(error);
    if (this.link.state !== "closed") this.#options.log.warn(error.message, { code: error.code });
  }

  /** Offers, and waits for the answer. A socket with an offer that was not answered is given up: a late answer would be taken for that of the next. */
  async #exchange(signaling: SignalingClient, sdp: string): Promise<string> {
    this.#requireLife();
    if (!signaling.isOpen) throw errors.transportFailed({ message: "the signaling socket is closed" });
    const answer = new Promise<string>((resolve) => {
      this.#answered = resolve;
    });
    signaling.send({ type: "offer", sdp, protocol: linkProtocol });
    try {
      return await this.#orFailure("the server did not answer the offer", answer);
    } catch (thrown) {
      signaling.abandon();
      throw thrown;
    }
  }

  /** What is awaited, or the server's error, or that it took too long. */
  async #orFailure<T>(late: string, awaited: Promise<T>): Promise<T> {
    const over = new AbortController();
    const { signal } = this.#options;
    let fail: ((error: RemoteMediaError) => void) | undefined;
    const failure = new Promise<never>((_, failed) => {
      fail = failed;
      const given = (): void => failed(errors.cancelled({ message: "connecting was given up" }));
      const cancel = this.#clock.setTimer(this.#timeoutMs, () =>
        failed(errors.timeout({ message: `${late} within ${this.#timeoutMs / 1_000} s` })),
      );
      over.signal.addEventListener("abort", cancel);
      signal?.addEventListener("abort", given, { signal: over.signal });
      if (signal?.aborted === true) given();
    });
    this.#fail = fail;
    try {
      return await Promise.race([awaited, failure]);
    } finally {
      over.abort();
      if (this.#fail === fail) this.#fail = undefined;
    }
  }

  #watch(signaling: SignalingClient, connection: WebRtcConnection): void {
    this.#unwatch();
    this.#unwatch = watchFlow({
      clock: this.#clock,
      stats: () => connection.carrier.stats(),
      restart: async () => {
        this.recoveries.restarts++;
        await connection.answered(await this.#exchange(signaling, await connection.restart()));
      },
      replace: () => this.#replace(connection),
    });
  }

  /** For the link the connection is lost: it asks for another and takes its session along. */
  #replace(connection: WebRtcConnection): void {
    this.#unwatch();
    this.recoveries.replacements++;
    connection.carrier.ended(errors.transportFailed({ message: "no packets arrive any more" }));
    void connection.close(0);
  }
}

const closed = (): RemoteMediaError => errors.cancelled({ message: "the client was closed" });
