/** One client: its signaling socket, its peer connection, and the session behind it. */
import { randomUUID } from "node:crypto";
import { type Clock, errorFrom, errors, type Log, linkProtocol, type RemoteMediaError } from "@remotemedia/core";
import type { WebSocket } from "ws";
import { namedLog } from "./named-log.ts";
import type { IceServer, Limits } from "./options.ts";
import type { Acceptor, CandidateInit, PeerConnection, PeerState } from "./peer-connection.ts";
import { RateLimit } from "./rate-limit.ts";
import { belongsTo, originOf } from "./session-description.ts";
import type { Served, Sessions } from "./sessions.ts";
import type { ClientMessage } from "./signaling-message.ts";
import { SignalingSocket } from "./signaling-socket.ts";

/** What all callers of a server share. */
export interface CallerContext {
  readonly accept: Acceptor;
  readonly sessions: Sessions;
  readonly limits: Limits;
  readonly iceServers: readonly IceServer[];
  readonly clock: Clock;
  readonly log: Log;
  /** Counts what is ignored. */
  readonly ignored: { messages: number; candidates: number };
}

/** Where a caller comes from. */
export interface CallerOrigin {
  readonly address: string;
  readonly allowCandidate: (address: string) => boolean;
  /** Nothing of it is left. */
  readonly onGone: (caller: Caller) => void;
}

/** A caller as `/connections` shows it. */
export interface ConnectionReport {
  readonly id: string;
  readonly state: PeerState | "new";
  readonly ice_state: string;
  readonly data_channels: readonly string[];
  readonly has_pipeline: boolean;
  readonly is_active: boolean;
}

// RFC 6455, and the registry of close codes at IANA.
const closeCodes = { policy: 1008, restart: 1012, tryLater: 1013 } as const;
const offersPer10s = 10;
const iceStates = { new: "new", connecting: "checking", connected: "connected", stalled: "disconnected", closed: "closed" } as const;

/**
 * A client without our code ends with its socket. One that speaks `remotemedia.v1` keeps its connection when the socket goes, and its session
 * for the resume window when the connection goes.
 */
export class Caller {
  /** Also that of its first session. */
  readonly id: string = randomUUID();
  readonly #context: CallerContext;
  readonly #origin: CallerOrigin;
  readonly #log: Log;
  readonly #socket: SignalingSocket;
  readonly #offers: RateLimit;
  #connection: PeerConnection | undefined;
  #description: string | undefined;
  /** What came before the description that it belongs to. */
  #kept: CandidateInit[] = [];
  #candidates = 0;
  #joins = 0;
  #isDraining = false;
  #isForeign = true;
  #session: Promise<Served> | undefined;
  #served: Served | undefined;
  #subscription: { readonly intervalMs: number; cancel(): void } | undefined;
  #cancelHandshake: () => void = () => undefined;

  constructor(socket: WebSocket, context: CallerContext, origin: CallerOrigin) {
    this.#context = context;
    this.#origin = origin;
    const { clock } = context;
    this.#log = namedLog(context.log, { connection: this.id });
    this.#offers = new RateLimit(offersPer10s, 10_000, clock);
    const closed = (): void => this.#socketClosed();
    const invalid = (): void => this.#ignore("messages");
    this.#socket = new SignalingSocket(socket, { message: (message) => this.#take(message), invalid, closed }, clock, this.#log);
    this.#expectProgress();
  }

  get hasSocket(): boolean {
    return this.#socket.isOpen;
  }

  get report(): ConnectionReport {
    const state = this.#connection?.state ?? "new";
    return {
      id: this.id,
      state,
      ice_state: iceStates[state],
      data_channels: state === "connected" ? [this.#isForeign ? "messages" : linkProtocol] : [],
      has_pipeline: this.#served !== undefined,
      is_active: state === "connected",
    };
  }

  /** The server is shutting down: who has no session goes now, the others when theirs ends. */
  drain(): void {
    this.#isDraining = true;
    if (this.#session === undefined) this.#socket.close(closeCodes.restart, "the server is shutting down");
  }

  /** Ends all of it. */
  async close(): Promise<void> {
    this.#socket.close(closeCodes.restart, "the server is shutting down");
    await this.#served?.link.close();
    await this.#connection?.close(0);
  }

  /** Ends it without waiting for the other side. */
  terminate(): void {
    this.#socket.terminate();
  }

  async #take(message: ClientMessage): Promise<void> {
    this.#served?.touch();
    switch (message.type) {
      case "offer":
        return this.#offer(message).catch((thrown: unknown) => this.#tell(errorFrom(thrown, "transport-failed")));
      case "ice-candidate":
        return this.#candidate(message.candidate);
      case "subscribe":
        return this.#subscribe(message.intervalMs);
      case "close":
        return this.#end();
      // The server never offers.
      case "answer":
        return this.#ignore("messages");
    }
  }

  async #offer({ sdp, isForeign }: Extract<ClientMessage, { type: "offer" }>): Promise<void> {
    const { sdpBytes } = this.#context.limits;
    if (Buffer.byteLength(sdp) > sdpBytes)
      throw errors.limitExceeded({ message: `the offer has more than ${sdpBytes} bytes`, fix: "Offer fewer tracks and codecs." });
    if (!this.#offers.allows()) {
      this.#tell(
        errors.limitExceeded({ message: `more than ${offersPer10s} offers within 10 s`, fix: "Offer once, and again on failure." }),
      );
      return this.#socket.close(closeCodes.policy, "too many offers");
    }
    const current = this.#connection;
    const isSame = this.#description !== undefined && originOf(sdp) === originOf(this.#description);
    if (current !== undefined && isSame && current.state !== "closed") await this.#renegotiate(current, sdp);
    else await this.#connect(sdp, isForeign);
  }

  async #renegotiate(connection: PeerConnection, sdp: string): Promise<void> {
    this.#socket.send({ type: "answer", sdp: await connection.renegotiate(sdp) });
    this.#description = sdp;
    await this.#addKept(connection, sdp);
  }

  async #connect(sdp: string, isForeign: boolean): Promise<void> {
    const { accept, iceServers, clock, limits } = this.#context;
    // Who speaks our protocol may come back for a session that counts already.
    if (isForeign && this.#session === undefined && !this.#hasRoom()) return;
    let early: CandidateInit[] | undefined = [];
    const send = (candidate: CandidateInit): void => this.#socket.send({ type: "ice-candidate", candidate });
    const connection = await accept(sdp, {
      ...{ iceServers, isForeign, clock, log: this.#log, maxCandidates: limits.candidates, allowCandidate: this.#origin.allowCandidate },
      // A browser takes no candidate before the answer.
      onCandidate: (candidate) => (early === undefined ? send(candidate) : void early.push(candidate)),
      onState: (state) => this.#connection === connection && this.#follow(state),
    });
    if (!this.#socket.isOpen) return connection.close(0);
    const replaced = this.#connection;
    [this.#connection, this.#description, this.#isForeign] = [connection, sdp, isForeign];
    this.#socket.send({ type: "answer", sdp: connection.description });
    for (const candidate of early) send(candidate);
    early = undefined;
    this.#expectProgress();
    this.#follow(connection.state);
    await this.#addKept(connection, sdp);
    this.#join(connection, replaced);
  }

  #hasRoom(): boolean {
    try {
      this.#context.sessions.requireRoom(this.#origin.address);
      return true;
    } catch (thrown) {
      this.#turnAway(errorFrom(thrown, "internal"));
      return false;
    }
  }

  #turnAway(error: RemoteMediaError): void {
    this.#tell(error);
    this.#socket.close(error.code === "cancelled" ? closeCodes.restart : closeCodes.tryLater, "no new session");
  }

  /** Not awaited: nodes may take long to start, and candidates must go on. */
  #join(connection: PeerConnection, replaced: PeerConnection | undefined): void {
    const joined = this.#sessionOf(connection);
    this.#session = joined;
    joined
      .then(
        (served) => this.#opened(joined, served),
        (thrown: unknown) => this.#failed(joined, errorFrom(thrown, "start-failed")),
      )
      // The link has gone over by now: closing the old connection cannot end it any more.
      .then(() => replaced?.close(0))
      .catch((error: unknown) => this.#log.error("a session was not set up", { error: String(error) }));
  }

  async #sessionOf(connection: PeerConnection): Promise<Served> {
    const before = this.#isForeign ? await this.#session?.catch(() => undefined) : undefined;
    if (before === undefined || before.link.state === "closed")
      return this.#context.sessions.join(connection.carrier, this.#joins++ === 0 ? this.id : randomUUID(), this.#origin.address);
    before.link.attach(connection.carrier);
    return before;
  }

  #opened(joined: Promise<Served>, served: Served): void {
    if (this.#session !== joined) return;
    if (!this.#socket.isOpen && this.#isForeign) return void served.link.close();
    if (this.#served === served) return;
    this.#served = served;
    this.#announce();
    const ended = (thrown?: unknown): void => {
      if (thrown !== undefined) this.#tell(errorFrom(thrown, "internal"));
      if (this.#served === served) this.#forget();
    };
    served.link.done.then(() => ended(), ended);
  }

  #failed(joined: Promise<Served>, error: RemoteMediaError): void {
    this.#log.warn("a session did not start", { code: error.code, ...(error.node !== undefined && { node: error.node }) });
    if (error.code === "limit-exceeded" || error.code === "cancelled") this.#turnAway(error);
    else this.#tell(error);
    if (this.#session === joined) this.#forget();
  }

  /** The session is over; the socket may offer again. */
  #forget(): void {
    void this.#connection?.close(0);
    this.#connection = this.#description = this.#session = this.#served = undefined;
    this.#subscription?.cancel();
    this.#expectProgress();
    if (!this.#socket.isOpen) this.#gone();
    else if (this.#isDraining) this.drain();
  }

  async #candidate(candidate: CandidateInit): Promise<void> {
    if (this.#candidates++ >= this.#context.limits.candidates) return this.#ignore("candidates");
    const isForCurrent = this.#description !== undefined && belongsTo(candidate, this.#description);
    if (isForCurrent) await this.#connection?.addCandidate(candidate);
    else this.#kept.push(candidate);
  }

  /** Browsers send candidates as soon as they have them, also before the offer. */
  async #addKept(connection: PeerConnection, sdp: string): Promise<void> {
    this.#candidates = 0;
    for (const candidate of this.#kept.splice(0)) if (belongsTo(candidate, sdp)) await connection.addCandidate(candidate);
  }

  #follow(state: PeerState): void {
    this.#log.debug("connection state", { state });
    if (state === "connected") this.#cancelHandshake();
    if (state === "stalled")
      this.#tell(errors.transportFailed({ message: "nothing arrives since the ICE restart: offer a new connection" }));
  }

  #subscribe(intervalMs: number): void {
    this.#subscription?.cancel();
    this.#subscription = { intervalMs, cancel: () => undefined };
    this.#announce();
  }

  #announce(): void {
    const { clock } = this.#context;
    const [served, subscription] = [this.#served, this.#subscription];
    if (served === undefined || subscription === undefined) return;
    this.#socket.send({ type: "session", session: served.link.id, protocol: this.#isForeign ? "" : linkProtocol });
    this.#socket.send({ type: "pipeline", ...served.opened.describe() });
    const tell = (): void => {
      subscription.cancel = clock.setTimer(subscription.intervalMs, tell);
      // Figures of a moment ago are of no use to who is behind.
      if (!this.#socket.isBehind)
        this.#socket.send({ type: "metrics", metrics: served.opened.session.metrics(), link: served.link.stats() });
    };
    subscription.cancel = clock.setTimer(subscription.intervalMs, tell);
  }

  #tell(error: RemoteMediaError): void {
    this.#socket.send({ type: "error", message: error.message, code: error.code });
  }

  #ignore(what: "messages" | "candidates"): void {
    this.#context.ignored[what]++;
    this.#log.debug("ignored what a client sent", { what });
  }

  /** Sockets that are opened and left, offers that lead to no connection. */
  #expectProgress(): void {
    const { clock, limits } = this.#context;
    this.#cancelHandshake();
    if (!this.#socket.isOpen) return;
    this.#cancelHandshake = clock.setTimer(limits.handshakeMs, () => {
      this.#tell(errors.timeout({ message: `no connection came about within ${limits.handshakeMs / 1000} s`, fix: "Connect again." }));
      this.#socket.close(closeCodes.policy, "no connection");
      void this.#end();
    });
  }

  #socketClosed(): void {
    this.#cancelHandshake();
    this.#subscription?.cancel();
    if (this.#isForeign || this.#session === undefined) void this.#end().finally(() => this.#gone());
  }

  /** The client has said goodbye, or can say nothing any more. */
  async #end(): Promise<void> {
    const [served, connection] = [this.#served, this.#connection];
    await served?.link.close();
    await connection?.close(0);
  }

  #gone(): void {
    this.#cancelHandshake();
    this.#origin.onGone(this);
  }
}
