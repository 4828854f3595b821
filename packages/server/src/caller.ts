/** One client: its signaling socket, its peer connection, and the session behind it. */
import { randomUUID } from "node:crypto";
import { type Clock, errorFrom, errors, type Kernels, type Log, linkProtocol, type RemoteMediaError } from "@remotemedia/core";
import type { IceServer, WebRtcState } from "@remotemedia/transport-webrtc";
import type { WebSocket } from "ws";
import { networkOf } from "./address-policy.ts";
import type { Gate } from "./gate.ts";
import { namedLog } from "./named-log.ts";
import { type Acceptor, Negotiation, type PeerConnection } from "./negotiation.ts";
import type { Limits } from "./options.ts";
import type { PipelineShape } from "./pipeline-shape.ts";
import { RateLimit } from "./quotas.ts";
import { feedSession } from "./session-feed.ts";
import type { Served, Sessions } from "./sessions.ts";
import type { ClientMessage } from "./signaling-message.ts";
import { SignalingSocket } from "./signaling-socket.ts";

/** Whoever is there, by whatever protocol. */
export type AnyCaller = Pick<Caller, "hasSocket" | "report" | "drain" | "close">;

/** What all callers of a server share. */
export interface CallerContext {
  readonly gate: Gate;
  readonly accept: Acceptor;
  readonly sessions: Sessions;
  /** What every session runs. */
  readonly pipeline: PipelineShape;
  readonly limits: Limits;
  readonly iceServers: readonly IceServer[];
  readonly clock: Clock;
  readonly log: Log;
  /** For audio that comes or goes as samples. */
  readonly kernels: Kernels;
  /** Those that are not gone. */
  readonly callers: Set<AnyCaller>;
  /** For the offers of each network. */
  readonly offers: RateLimit;
  /** Counts what is ignored. */
  readonly ignored: { messages: number; candidates: number };
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
  readonly #address: string;
  readonly #log: Log;
  readonly #socket: SignalingSocket;
  readonly #offers: RateLimit;
  readonly #negotiation: Negotiation;
  #session: Promise<Served> | undefined;
  #served: Served | undefined;
  #joins = 0;
  #feedMs: number | undefined;
  #stopFeed: () => void = () => undefined;
  #cancelHandshake: () => void = () => undefined;

  /** @param allowCandidate which addresses it may name */
  constructor(socket: WebSocket, context: CallerContext, address: string, allowCandidate: (address: string) => boolean) {
    const { clock, accept, iceServers, limits } = context;
    const log = namedLog(context.log, { connection: this.id });
    this.#context = context;
    this.#address = address;
    this.#log = log;
    this.#offers = new RateLimit(offersPer10s, 10_000, clock);
    const invalid = (): void => this.#ignore("messages");
    const events = { message: (message: ClientMessage) => this.#take(message), invalid, closed: () => this.#socketClosed() };
    this.#socket = new SignalingSocket(socket, events, clock, log);
    const how = { iceServers, clock, log, allowCandidate };
    const send = this.#socket.send.bind(this.#socket);
    this.#negotiation = new Negotiation({ accept, how, limits, send, onState: (state) => this.#follow(state) });
    this.#expectProgress();
  }

  get hasSocket(): boolean {
    return this.#socket.isOpen;
  }

  /** As `/connections` shows it. */
  get report() {
    const { connection, isForeign } = this.#negotiation;
    const state = connection?.state ?? "new";
    return {
      id: this.#served?.link.id ?? this.id,
      state,
      ice_state: iceStates[state],
      data_channels: state === "connected" ? [isForeign ? "messages" : linkProtocol] : [],
      has_pipeline: this.#served !== undefined,
      is_active: state === "connected",
    };
  }

  /** The server is shutting down: who has no session goes now, the others when theirs ends. */
  drain(): void {
    if (this.#session === undefined) this.#socket.close(closeCodes.restart, "the server is shutting down");
  }

  /** Ends all of it: the client has said goodbye, or can say nothing any more. */
  async close(): Promise<void> {
    const { connection } = this.#negotiation;
    await this.#served?.link.close();
    await connection?.close(0);
  }

  #take(message: ClientMessage): void | Promise<void> {
    switch (message.type) {
      case "offer":
        return this.#offer(message).catch((thrown: unknown) => this.#tell(errorFrom(thrown, "transport-failed")));
      case "ice-candidate":
        return this.#negotiation.addCandidate(message.candidate) ? undefined : this.#ignore("candidates");
      case "subscribe":
        this.#feedMs = message.intervalMs;
        return this.#feed();
      case "close":
        return this.close();
      // The server never offers.
      case "answer":
        return this.#ignore("messages");
    }
  }

  async #offer({ sdp, isForeign }: Extract<ClientMessage, { type: "offer" }>): Promise<void> {
    const { sessions, offers } = this.#context;
    const network = networkOf(this.#address);
    if (!this.#offers.allows() || (network !== undefined && !offers.allows(1, network)))
      return this.#turnAway(tooManyOffers(), closeCodes.policy);
    // Who speaks our protocol may come back for a session that counts already.
    const refusal = isForeign && this.#session === undefined ? sessions.refusalOf(this.#address) : undefined;
    if (refusal !== undefined) return this.#turnAway(refusal);
    const before = this.#negotiation.connection;
    const replaced = await this.#negotiation.answer(sdp, isForeign);
    const { connection } = this.#negotiation;
    if (connection === undefined || connection === before) return;
    if (!this.#socket.isOpen) return connection.close(0);
    if (connection.state !== "connected") this.#expectProgress();
    this.#join(connection, replaced);
  }

  /** Not awaited: nodes may take long to start, and candidates must go on. */
  #join(connection: PeerConnection, replaced: PeerConnection | undefined): void {
    const joined = this.#sessionOf(connection);
    this.#session = joined;
    const over = joined.then(
      (served) => this.#opened(joined, served),
      (thrown: unknown) => this.#failed(joined, errorFrom(thrown, "start-failed")),
    );
    // The link has gone over by now: closing the old connection cannot end it any more.
    this.#quietly(over.then(() => replaced?.close(0)));
  }

  async #sessionOf({ carrier }: PeerConnection): Promise<Served> {
    const before = this.#negotiation.isForeign ? await this.#session?.catch(() => undefined) : undefined;
    if (before === undefined || before.link.state === "closed")
      return this.#context.sessions.join(carrier, this.#joins++ === 0 ? this.id : randomUUID(), this.#address);
    before.link.attach(carrier);
    return before;
  }

  #opened(joined: Promise<Served>, served: Served): void {
    if (this.#session !== joined || this.#served === served) return;
    if (!this.#socket.isOpen && this.#negotiation.isForeign) return this.#quietly(served.link.close());
    this.#served = served;
    this.#feed();
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
    this.#quietly(this.#negotiation.forget()?.close(0));
    this.#session = this.#served = undefined;
    this.#stopFeed();
    this.#expectProgress();
    if (this.#context.sessions.isDraining) this.drain();
    this.#leaveIfGone();
  }

  #follow(state: WebRtcState): void {
    this.#log.debug("connection state", { state });
    if (state === "connected") this.#cancelHandshake();
    if (state === "closed") this.#leaveIfGone();
    if (state === "stalled")
      this.#tell(errors.transportFailed({ message: "nothing arrives since the ICE restart: offer a new connection" }));
  }

  #socketClosed(): void {
    this.#cancelHandshake();
    this.#stopFeed();
    const isOver = this.#negotiation.isForeign || this.#session === undefined;
    this.#quietly((isOver ? this.close() : Promise.resolve()).finally(() => this.#leaveIfGone()));
  }

  /** Its session, if one waits, is taken up again by another caller. */
  #leaveIfGone(): void {
    const { state = "closed" } = this.#negotiation.connection ?? {};
    if (!this.#socket.isOpen && state === "closed") this.#context.callers.delete(this);
  }

  #feed(): void {
    this.#stopFeed();
    const { pipeline, clock } = this.#context;
    if (this.#served !== undefined && this.#feedMs !== undefined)
      this.#stopFeed = feedSession(this.#served, pipeline, this.#feedMs, this.#socket, clock);
  }

  #tell(error: RemoteMediaError): void {
    this.#socket.send({ type: "error", message: error.message, code: error.code });
  }

  #turnAway(error: RemoteMediaError, code: number = error.code === "cancelled" ? closeCodes.restart : closeCodes.tryLater): void {
    this.#tell(error);
    this.#socket.close(code, error.code);
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
      const message = `no connection came about within ${limits.handshakeMs / 1000} s`;
      this.#turnAway(errors.timeout({ message, fix: "Connect again." }), closeCodes.policy);
      this.#quietly(this.close());
    });
  }

  // A rejection that nobody looks at would end the process, and with it everybody else's session.
  #quietly(work: Promise<unknown> | undefined): void {
    work?.catch((error: unknown) => this.#log.error("a connection did not end in order", { error: String(error) }));
  }
}

const tooManyOffers = (): RemoteMediaError =>
  errors.limitExceeded({ message: "too many offers of this client or this address within 10 s", fix: "Offer once, and again on failure." });
