import {
  type Carrier,
  type CarrierEvents,
  type Clock,
  type Cuts,
  errorFrom,
  errors,
  Flags,
  type Frame,
  type JsonValue,
  jsonFrame,
  type LinkMessage,
  type LinkStats,
  Playback,
  type RemoteMediaError,
  type UpstreamRequest,
} from "@remotemedia/core";
import type { Dialect, Mouth } from "./dialect.ts";

/** How long a client whose connection was lost is waited for; 0: not at all. */
export interface TranslationOptions {
  readonly clock: Clock;
  readonly resumeWindowMs: number;
}

/**
 * A carrier whose client speaks another protocol. Below lies one that takes and gives messages as json frames; it may be replaced while
 * the session goes on. Until a link listens, the dialect alone does. Whoever made it closes it.
 */
export class TranslatedCarrier implements Carrier {
  readonly transport: string;
  readonly isForeign = true;
  /** The client is gone. */
  readonly closed: Promise<void>;
  readonly dialect: Dialect;
  readonly #options: TranslationOptions;
  readonly #playback: Playback;
  #inner: Carrier;
  #events: CarrierEvents | undefined;
  #turn = 1;
  /** Messages given to the pipeline, and to the client. */
  #given = 0;
  #said = 0;
  #isOver = false;
  #cancelWindow: () => void = () => undefined;
  #settle!: () => void;

  /** @param dialectOf makes the dialect */
  constructor(inner: Carrier, dialectOf: (mouth: Mouth) => Dialect, options: TranslationOptions) {
    this.transport = inner.transport;
    this.#options = options;
    this.#inner = inner;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.dialect = dialectOf({
      say: (value) => this.#say(value),
      give: (frame) => {
        if (this.#events === undefined) return frame.release();
        return this.#events.message({ type: "frame", sequence: ++this.#given, frame });
      },
      interrupt: (reason) => void this.#events?.message({ type: "interrupt", turn: this.#turn + 1, reason }),
      leave: () => void this.close(),
    });
    this.#playback = new Playback((name) => this.dialect.playback(name));
    this.#listen(inner);
  }

  /** Another connection of the same client takes the place of the one there was, which is closed. */
  moveTo(inner: Carrier): void {
    const before = this.#inner;
    this.#cancelWindow();
    this.#inner = inner;
    this.#listen(inner);
    void before.close(0);
  }

  receive(events: CarrierEvents): void {
    this.#events = events;
    if (this.#isOver) events.closed();
  }

  send(message: LinkMessage): void {
    if (message.type === "bye") return this.dialect.ended(message.error);
    if (message.type !== "frame") return;
    const { frame } = message;
    if (frame.kind === "text" || frame.kind === "event" || frame.kind === "json") return this.dialect.told(frame);
    const expected = "text, json or event";
    throw errors.mediaIncompatible({ message: "the client's protocol has no such message", expected, received: frame.kind });
  }

  sendMedia(frame: Frame, track: string): void | Promise<void> {
    if (this.#isOver) return frame.release();
    if (frame.kind === "audio" && (frame.flags & Flags.answer) !== 0) {
      this.dialect.sounds(frame);
      this.#playback.given(frame);
    }
    return this.#inner.sendMedia(frame, track);
  }

  interrupt(turn: number): Cuts {
    this.#turn = Math.max(this.#turn, turn);
    const cuts = this.#inner.interrupt(turn);
    this.#playback.interrupt();
    this.dialect.interrupted();
    return cuts;
  }

  drop(): void {}

  request(name: UpstreamRequest, value: JsonValue, track: string): boolean {
    return this.#inner.request(name, value, track);
  }

  stats(): LinkStats {
    return this.#inner.stats();
  }

  async close(deadlineMs?: number): Promise<void> {
    await this.#inner.close(deadlineMs);
    this.#end();
  }

  #listen(inner: Carrier): void {
    const isCurrent = (): boolean => inner === this.#inner;
    inner.receive({
      message: (message) => (message.type === "frame" ? this.#read(message.frame) : undefined),
      media: (frame, track) => (this.#events === undefined ? frame.release() : this.#events.media(frame, track)),
      request: (name, value, track) => this.#events?.request(name, value, track) ?? false,
      played: (turn, heard) => {
        this.#events?.played(turn, heard);
        this.#playback.played(turn, heard.durationUs);
      },
      closed: (error) => isCurrent() && this.#lose(error),
    });
  }

  #read(frame: Frame): void | Promise<void> {
    // A page may send what is no JSON: it means nothing in any of these protocols.
    return frame.kind === "json" ? this.dialect.read(frame.value) : frame.release();
  }

  #say(value: JsonValue): void {
    if (this.#isOver) return;
    try {
      void this.#inner.send({ type: "frame", sequence: ++this.#said, frame: jsonFrame(value) });
    } catch (thrown) {
      // Between two connections there is nobody to hear it; who lets everything wait is cut off.
      if (errorFrom(thrown, "transport-failed").code === "overflow") void this.close(0);
    }
  }

  #lose(error: RemoteMediaError | undefined): void {
    const { clock, resumeWindowMs } = this.#options;
    if (error === undefined || resumeWindowMs === 0) this.#end();
    else this.#cancelWindow = clock.setTimer(resumeWindowMs, () => this.#end());
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelWindow();
    this.#settle();
    this.#events?.closed();
  }
}
