/** The carrier over a peer connection: audio, encoded video, and messages. */
import {
  type Carrier,
  type CarrierEvents,
  type Clock,
  type Cuts,
  errors,
  Flags,
  type Frame,
  type JsonValue,
  type LinkMessage,
  type LinkStats,
  type RemoteMediaError,
  sleep,
  type UpstreamRequest,
} from "@remotemedia/core";
import type { RTCPeerConnection } from "werift";
import { linkStats } from "./link-stats.ts";
import type { MediaTracks } from "./media-tracks.ts";
import type { MessageChannel } from "./message-channel.ts";

/** @internal what a carrier is made from */
export interface CarrierParts {
  readonly isForeign: boolean;
  readonly clock: Clock;
  readonly messages: MessageChannel;
  readonly media: MediaTracks;
  readonly peer: RTCPeerConnection;
  /** Takes the connection down. */
  tearDown(): Promise<void>;
}

const pollMs = 5;
const mostWaiting = 1000;

/** A `Carrier` over WebRTC; `WebRtcConnection` makes it. Tracks are named `audio` and `video`. */
export class WebRtcCarrier implements Carrier {
  readonly transport = "webrtc";
  readonly isForeign: boolean;
  readonly #parts: CarrierParts;
  #events: CarrierEvents | undefined;
  #isOpen = true;
  #isConnected = false;
  #whenConnected: (() => void)[] = [];
  #ended: { readonly error: RemoteMediaError | undefined } | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: CarrierParts) {
    this.isForeign = parts.isForeign;
    this.#parts = parts;
  }

  receive(events: CarrierEvents): void {
    this.#events = events;
    if (this.#ended !== undefined) return events.closed(this.#ended.error);
    this.#parts.messages.read((message) => events.message(message));
    this.#parts.media.start(events);
  }

  send(message: LinkMessage): void | Promise<void> {
    this.#requireLife();
    return this.#parts.messages.send(message);
  }

  sendMedia(frame: Frame, track: string): void | Promise<void> {
    this.#requireLife();
    const name = this.tracks.find((known) => known === track);
    if (name !== undefined) return this.#isConnected ? this.#parts.media[name]?.push(frame) : this.#sendLater(frame, track);
    frame.release();
    throw errors.portUnknown({
      message: `the connection has no track ${track}`,
      expected: this.tracks.join(", ") || "none: the peer offered none",
    });
  }

  /** The tracks that were agreed on. */
  get tracks(): readonly ("audio" | "video")[] {
    return this.#parts.media.names;
  }

  interrupt(turn: number): Cuts {
    const { audio } = this.#parts.media;
    return audio === undefined ? {} : { audio: audio.sender.interrupt(turn) };
  }

  drop(cuts: Cuts): void {
    if (cuts["audio"] !== undefined) this.#parts.media.audio?.receiver.drop(cuts["audio"]);
  }

  request(name: UpstreamRequest, value: JsonValue, track: string): boolean {
    return track === "video" && this.#isOpen && this.#parts.media.video?.request(name, value) === true;
  }

  stats(): LinkStats {
    const { peer, media, messages } = this.#parts;
    return linkStats(peer, media.audio, messages.queuedBytes);
  }

  close(deadlineMs = 2_000): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** @internal the handshake is over */
  connected(): void {
    this.#isConnected = true;
    for (const goOn of this.#whenConnected.splice(0)) goOn();
  }

  /** @internal nothing can be sent or received any more */
  ended(error?: RemoteMediaError): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#isOpen = false;
    for (const goOn of this.#whenConnected.splice(0)) goOn();
    this.#parts.media.audio?.close();
    this.#parts.messages.close();
    this.#events?.closed(error);
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#isOpen = false;
    const { clock, messages, media } = this.#parts;
    const deadlineUs = clock.nowUs() + deadlineMs * 1000;
    const isWaiting = (): boolean => !messages.isDrained || (media.audio?.sender.bufferedMs ?? 0) > 0;
    while (this.#ended === undefined && isWaiting() && clock.nowUs() < deadlineUs) await sleep(clock, pollMs);
    this.ended();
    await this.#parts.tearDown();
  }

  /** Before the handshake is over, live media are let go and answers wait. */
  #sendLater(frame: Frame, track: string): void | Promise<void> {
    if ((frame.flags & Flags.answer) === 0) return frame.release();
    if (this.#whenConnected.length >= mostWaiting) {
      frame.release();
      throw errors.overflow({ message: "too much media waits for the connection", fix: "Await what sendMedia returns." });
    }
    return new Promise<void>((resolve) => this.#whenConnected.push(resolve)).then(() =>
      this.#isOpen ? this.sendMedia(frame, track) : frame.release(),
    );
  }

  #requireLife(): void {
    if (!this.#isOpen) throw errors.transportFailed({ message: "the connection is closed" });
  }
}
