/** An edge that crosses hosts: one session's frames, turn and requests over one carrier after another. */
import { type Clock, systemClock } from "../clock.ts";
import { type ErrorCode, errorFrom, errorOfCode, errors, type RemoteMediaError } from "../errors.ts";
import { Flags, type Frame, type JsonValue } from "../frame/frame.ts";
import type { Heard, UpstreamRequest } from "../node/node.ts";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import { Inbox } from "./inbox.ts";
import { type LinkStats, noStats } from "./link-stats.ts";
import { type HelloMessage, type LinkMessage, linkProtocol } from "./message.ts";
import { Outbox } from "./outbox.ts";

/** `lost`: there is no connection and one may still come; `closed` is for good. */
export type LinkState = "connecting" | "open" | "lost" | "closed";

/** What a link tells of the other end. Frames are given away with a reference. */
export interface LinkEvents {
  /** Text, json, event, tensor or binary. A promise holds the other end back. */
  message(frame: Frame): void | Promise<void>;
  media(frame: Frame, track: string): void;
  /** The turn has risen: by the other end's wish where we own the turn, by its decision where it does. */
  interrupt?(turn: number, reason: string): void;
  request?(name: UpstreamRequest, value: JsonValue, track: string): boolean;
  /** So much more of a turn's answer was played, or has left where the other end does not tell. */
  played?(turn: number, heard: Heard): void;
  state?(state: LinkState): void;
  /** A message could not be sent (too large, or of a kind that the other end cannot take); the link goes on. */
  error?(error: RemoteMediaError): void;
}

/** How a link is made. */
export interface LinkOptions {
  /** Whose executor runs the session and owns the turn; `peer` is the other end. */
  readonly role: "owner" | "peer";
  /** Of the owner: names the session. A peer learns it from the owner's hello. */
  readonly id?: string;
  readonly clock?: Clock;
  /** How long a lost connection is waited for. Default 30,000. */
  readonly resumeWindowMs?: number;
  /** Messages kept until they are acknowledged. Default 256 KiB. */
  readonly outboxBytes?: number;
  /** Of the peer: makes a new connection when one is lost; tried again until the window ends. */
  readonly reconnect?: () => Promise<Carrier>;
}

const acknowledgeEvery = 16;
const acknowledgeAfterMs = 50;
const retryMs = [0, 200, 400, 800, 1_600, 3_000];
/** How long a new connection may take to greet before another is tried. */
const greetingMs = 5_000;
/** What is told before somebody listens: more than that comes from a peer who plays tricks. */
const mostEarly = 64;

/**
 * A link. Whoever made it closes it; carriers given to it are closed by it.
 *
 * @example
 * const link = new Link({ role: "peer", reconnect: dial });
 * link.receive({ message: show, media: play });
 * link.attach(await dial());
 * await link.send(textFrame("hello"));
 */
export class Link implements AsyncDisposable {
  readonly role: "owner" | "peer";
  readonly done: Promise<void>;
  #id: string;
  #token: string;
  #state: LinkState = "connecting";
  #turn = 1;
  #carrier: Carrier | undefined;
  #events: LinkEvents | undefined;
  #early: (() => void)[] = [];
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #reconnect: (() => Promise<Carrier>) | undefined;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  #received = 0;
  #acknowledged = 0;
  #isPaused = false;
  #isFull = false;
  // Whether the other end has greeted on this connection: only then it is known where to go on.
  #isGreeted = false;
  #freshTracks = new Set<string>();
  #whenSettled: (() => void)[] = [];
  #cancelAck: (() => void) | undefined;
  #cancelWindow: (() => void) | undefined;
  #cancelRedial: (() => void) | undefined;
  #settle!: { resolve(): void; reject(error: RemoteMediaError): void };

  constructor({ role, id = "", clock = systemClock, resumeWindowMs = 30_000, outboxBytes = 256 * 1024, reconnect }: LinkOptions) {
    this.role = role;
    this.#id = id;
    this.#token = role === "owner" ? crypto.randomUUID() : "";
    this.#clock = clock;
    this.#windowMs = resumeWindowMs;
    this.#reconnect = reconnect;
    this.#outbox = new Outbox(outboxBytes);
    this.#inbox = new Inbox(
      2 * outboxBytes,
      (frame) => this.#read(frame),
      (flow) => this.#sendControl({ type: flow }),
    );
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask how it ended shall not be ended by it.
    this.done.catch(() => undefined);
  }

  /** Names the session; of a peer empty until it is open. */
  get id(): string {
    return this.#id;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The highest turn that either end knows of. */
  get turn(): number {
    return this.#turn;
  }

  /** @internal proves that a caller had this session before */
  get resumeToken(): string {
    return this.#token;
  }

  /** Whether the other end is one without our code: no turn, no resuming by itself. */
  get isForeign(): boolean {
    return this.#carrier?.isForeign ?? false;
  }

  /** Who is told. Until then messages wait and media are let go. */
  receive(events: LinkEvents): void {
    this.#events = events;
    for (const tell of this.#early.splice(0)) tell();
  }

  /**
   * Lives on this connection from now on; the one before is closed.
   *
   * @param hello what its other end has said already
   */
  attach(carrier: Carrier, hello?: HelloMessage): void {
    const before = this.#carrier;
    this.#carrier = carrier;
    if (this.#state === "closed") return void carrier.close(0);
    void before?.close(0);
    this.#isFull = false;
    this.#isPaused = false;
    this.#isGreeted = false;
    carrier.receive(this.#eventsOf(carrier));
    if (carrier.isForeign) return this.#open(0);
    this.#trySend(carrier, this.#hello());
    if (hello !== undefined) this.#greeted(hello);
  }

  /**
   * Sends text, json, an event, a tensor or bytes; it arrives once and in order, also over a lost connection. Keeps no reference.
   * A promise means: await it before sending more.
   *
   * @throws `overflow` when promises were not awaited, `transport-failed` when the link is closed.
   */
  send(frame: Frame): void | Promise<void> {
    this.#requireLife();
    if (this.#isStale(frame)) return undefined;
    const room = this.#outbox.put(frame);
    this.#pump();
    return room;
  }

  /**
   * Sends media of a track; takes over the reference. Without a connection live media are let go and answers wait.
   *
   * @throws `transport-failed` when the link is closed, and what the carrier throws for media that it cannot carry.
   */
  sendMedia(frame: Frame, track = "audio"): void | Promise<void> {
    this.#requireLife();
    if (this.#isStale(frame)) return frame.release();
    if (this.#state === "open") return (this.#carrier as Carrier).sendMedia(frame, track);
    if ((frame.flags & Flags.answer) === 0) return frame.release();
    return new Promise<void>((resolve) => this.#whenSettled.push(resolve)).then(() =>
      this.#state === "closed" ? frame.release() : this.sendMedia(frame, track),
    );
  }

  /** Asks the sender of a track for a key frame, a bitrate, a format. */
  request(name: UpstreamRequest, value: JsonValue = null, track = "audio"): void {
    if (this.#state !== "open" || (this.#carrier as Carrier).request(name, value, track)) return;
    this.#sendControl({ type: "request", name, value, track });
  }

  /**
   * The turn rises: what waits of older answers goes, here and at the other end. The owner says which turn it is now; a peer asks for it.
   */
  interrupt(turn = this.#turn + 1, reason = "interrupted"): void {
    if (turn <= this.#turn || this.#state === "closed") return;
    this.#turn = turn;
    this.#outbox.dropStale(turn);
    const cuts = this.#carrier?.interrupt(turn) ?? {};
    this.#settleWaits();
    this.#sendControl(this.role === "owner" ? { type: "turn", turn, cuts } : { type: "interrupt", turn, reason });
  }

  /** Tells the owner what was really played of a turn's answer. */
  played(turn: number, { durationUs, text }: Heard): void {
    this.#sendControl({ type: "played", turn, durationUs, ...(text !== undefined && { text }) });
  }

  /** Of the connection that there is now; messages that wait are counted whether there is one or not. */
  stats(): LinkStats {
    const stats = this.#carrier?.stats() ?? noStats;
    return { ...stats, queuedBytes: stats.queuedBytes + this.#outbox.bytes };
  }

  /** Says goodbye, with the reason if it is not a good one, and closes; at the deadline it closes anyway. */
  async close({ error, deadlineMs = 2_000 }: { readonly error?: RemoteMediaError; readonly deadlineMs?: number } = {}): Promise<void> {
    this.#sayGoodbye(error);
    await this.#end(error, deadlineMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #eventsOf(carrier: Carrier): CarrierEvents {
    const isCurrent = (): boolean => carrier === this.#carrier && this.#state !== "closed";
    return {
      message: (message) => (isCurrent() ? this.#take(message) : undefined),
      media: (frame, track) => (isCurrent() ? this.#takeMedia(frame, track) : frame.release()),
      request: (name, value, track) => isCurrent() && (this.#events?.request?.(name, value, track) ?? false),
      played: (turn, heard) => this.#events?.played?.(turn, heard),
      closed: (error) => isCurrent() && this.#lose(error),
    };
  }

  #take(message: LinkMessage): void {
    switch (message.type) {
      case "hello":
        return this.#greeted(message);
      case "frame":
        return this.#takeFrame(message.sequence, message.frame);
      case "media":
        return this.#takeMedia(message.frame, message.track);
      case "ack":
        this.#outbox.acknowledge(message.received);
        return this.#pump();
      case "turn":
      case "interrupt":
        return this.#follow(message);
      case "request":
        return void this.#events?.request?.(message.name, message.value, message.track);
      case "played":
        return this.#events?.played?.(message.turn, message);
      case "pause":
      case "resume":
        this.#isPaused = message.type === "pause";
        return this.#pump();
      case "bye":
        return void this.#end(message.error && errorFromPeer(message.error));
    }
  }

  #hello(): HelloMessage {
    const [session, resumeToken, turn, received] = [this.#id, this.#token, this.#turn, this.#received];
    return { type: "hello", protocol: linkProtocol, session, resumeToken, turn, received };
  }

  #greeted({ session, resumeToken, turn, received }: HelloMessage): void {
    if (this.role === "peer") {
      this.#id = session;
      this.#token = resumeToken;
    }
    this.#open(received);
    if (turn > this.#turn) this.#raise(turn, "the other end was further");
    else if (turn < this.#turn && this.role === "owner") this.#sendControl({ type: "turn", turn: this.#turn, cuts: {} });
  }

  #open(received: number): void {
    this.#cancelWindow?.();
    this.#cancelRedial?.();
    // The connection before may have been replaced before anybody noticed that it was lost.
    const isResumed = this.#state !== "connecting";
    this.#isGreeted = true;
    this.#freshTracks = new Set();
    this.#outbox.acknowledge(received);
    this.#outbox.rewind();
    this.#enter("open");
    if (isResumed) this.#inbox.reopen();
    this.#settleWaits();
    this.#pump();
  }

  #takeFrame(sequence: number, frame: Frame): void {
    const isForeign = this.#carrier?.isForeign === true;
    // A foreign end counts nothing: what finds no room is lost.
    if (isForeign) return void this.#inbox.put(frame);
    if (sequence !== this.#received + 1) {
      frame.release();
      // Sent again though it had arrived: the acknowledgment was lost with the connection.
      return sequence <= this.#received ? undefined : void this.close({ error: brokenOrder(this.#received + 1, sequence) });
    }
    this.#received = sequence;
    if (this.#isStale(frame)) frame.release();
    else if (!this.#inbox.put(frame)) return void this.close({ error: tooMuch() });
    this.#acknowledgeSoon();
  }

  #takeMedia(frame: Frame, track: string): void {
    if (this.#isStale(frame) || this.#events === undefined) return frame.release();
    if (!this.#freshTracks.has(track)) {
      this.#freshTracks.add(track);
      frame.flags |= Flags.discontinuity;
    }
    this.#events.media(frame, track);
  }

  #follow(message: Extract<LinkMessage, { type: "turn" | "interrupt" }>): void {
    if (message.type === "turn") this.#carrier?.drop(message.cuts);
    if (message.turn <= this.#turn) return;
    this.#raise(message.turn, message.type === "interrupt" ? message.reason : "the owner of the turn raised it");
  }

  #raise(turn: number, reason: string): void {
    // The owner's executor decides: it comes back here through interrupt().
    if (this.role === "owner") return this.#tell((events) => events.interrupt?.(turn, reason));
    this.#turn = turn;
    this.#outbox.dropStale(turn);
    this.#carrier?.interrupt(turn);
    this.#settleWaits();
    this.#tell((events) => events.interrupt?.(turn, reason));
  }

  #read(frame: Frame): void | Promise<void> {
    if (this.#events !== undefined) return this.#events.message(frame);
    return new Promise<void>((resolve) => this.#early.push(resolve)).then(() => this.#events?.message(frame));
  }

  #tell(how: (events: LinkEvents) => void): void {
    if (this.#events !== undefined) how(this.#events);
    else if (this.#early.length < mostEarly) this.#early.push(() => how(this.#events as LinkEvents));
  }

  #pump(): void {
    const carrier = this.#carrier;
    while (carrier !== undefined && this.#state === "open" && this.#isGreeted && !this.#isPaused && !this.#isFull) {
      const next = this.#outbox.next();
      if (next === undefined) return;
      const wait = this.#sendNumbered(carrier, next);
      if (wait !== undefined) this.#waitForRoom(carrier, wait);
    }
  }

  #sendNumbered(carrier: Carrier, numbered: { readonly sequence: number; readonly frame: Frame }): void | Promise<void> {
    try {
      const wait = carrier.send({ type: "frame", ...numbered });
      // A foreign end acknowledges nothing.
      if (carrier.isForeign) this.#outbox.acknowledge(numbered.sequence);
      return wait;
    } catch (thrown) {
      const error = errorFrom(thrown, "transport-failed");
      // A connection that is gone tells `closed`, and the frame goes out again with the next one.
      if (error.code === "transport-failed") return undefined;
      this.#outbox.discardLast();
      this.#tell((events) => events.error?.(error));
    }
  }

  #waitForRoom(carrier: Carrier, wait: Promise<void>): void {
    this.#isFull = true;
    const goOn = (): void => {
      if (carrier !== this.#carrier) return;
      this.#isFull = false;
      this.#pump();
    };
    void wait.then(goOn, goOn);
  }

  #sendControl(message: LinkMessage): void {
    if (this.#carrier?.isForeign === false && this.#state === "open" && this.#isGreeted) this.#trySend(this.#carrier, message);
  }

  /** Also to a foreign end: why a session ended is the one thing about links that concerns it. */
  #sayGoodbye(error: RemoteMediaError | undefined): void {
    if (this.#carrier === undefined || this.#state !== "open" || !this.#isGreeted) return;
    this.#trySend(this.#carrier, { type: "bye", ...(error !== undefined && { error: { code: error.code, message: error.message } }) });
  }

  // A carrier that cannot send tells `closed` as well, and that is where a lost connection is dealt with.
  #trySend(carrier: Carrier, message: LinkMessage): void {
    try {
      void carrier.send(message)?.catch(() => undefined);
    } catch {}
  }

  #acknowledgeSoon(): void {
    if (this.#received - this.#acknowledged >= acknowledgeEvery) return this.#acknowledge();
    this.#cancelAck ??= this.#clock.setTimer(acknowledgeAfterMs, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    this.#acknowledged = this.#received;
    this.#sendControl({ type: "ack", received: this.#received });
  }

  #lose(error: RemoteMediaError | undefined): void {
    if (error === undefined || this.#windowMs <= 0) return void this.#end(error);
    const isFirst = this.#state !== "lost";
    this.#enter("lost");
    if (isFirst) this.#cancelWindow = this.#clock.setTimer(this.#windowMs, () => void this.#end(lostForGood(this.#windowMs, error)));
    if (isFirst && this.#reconnect !== undefined) this.#redial(this.#reconnect, 0);
  }

  #redial(reconnect: () => Promise<Carrier>, attempt: number): void {
    if (this.#state !== "lost") return;
    this.#cancelRedial = this.#clock.setTimer(retryMs[Math.min(attempt, retryMs.length - 1)] as number, () => {
      const again = (): void => this.#redial(reconnect, attempt + 1);
      reconnect().then((carrier) => {
        this.attach(carrier);
        if (this.#state === "lost") this.#cancelRedial = this.#clock.setTimer(greetingMs, again);
      }, again);
    });
  }

  async #end(error?: RemoteMediaError, deadlineMs = 0): Promise<void> {
    if (this.#state === "closed") return;
    this.#cancelWindow?.();
    this.#cancelRedial?.();
    this.#cancelAck?.();
    this.#enter("closed");
    this.#outbox.clear();
    this.#inbox.stop();
    this.#settleWaits();
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
    await this.#carrier?.close(deadlineMs);
  }

  #enter(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell((events) => events.state?.(state));
  }

  #settleWaits(): void {
    for (const resolve of this.#whenSettled.splice(0)) resolve();
  }

  #isStale(frame: Frame): boolean {
    return (frame.flags & Flags.answer) !== 0 && frame.turn !== 0 && frame.turn < this.#turn;
  }

  #requireLife(): void {
    if (this.#state === "closed") throw errors.transportFailed({ message: "the link is closed" });
  }
}

const errorFromPeer = ({ code, message }: { readonly code: ErrorCode; readonly message: string }): RemoteMediaError =>
  errorOfCode(code, { message });

const brokenOrder = (expected: number, received: number): RemoteMediaError =>
  errors.transportFailed({ message: "messages of the link are out of order", expected: `sequence ${expected}`, received: `${received}` });

const tooMuch = (): RemoteMediaError =>
  errors.limitExceeded({ message: "the other end of the link goes on sending though it was asked to pause" });

const lostForGood = (windowMs: number, cause: RemoteMediaError): RemoteMediaError =>
  errors.transportFailed({ message: `the connection was lost and did not come back within ${windowMs / 1000} s`, cause });
