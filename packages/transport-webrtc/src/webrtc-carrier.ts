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
  noStats,
  type RemoteMediaError,
  sleep,
  type UpstreamRequest,
} from "@remotemedia/core";
import type { RTCDtlsTransport } from "werift";
import type { AudioTrack } from "./audio-track.ts";
import { linkStats } from "./link-stats.ts";
import type { MessageChannel } from "./message-channel.ts";
import type { VideoTrack } from "./video-track.ts";

/** @internal what a carrier is made from */
export interface CarrierParts {
  readonly isForeign: boolean;
  readonly clock: Clock;
  readonly messages: MessageChannel;
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
  #dtls: RTCDtlsTransport | undefined;
  #audio: AudioTrack | undefined;
  #video: VideoTrack | undefined;
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
    this.#audio?.start(events);
    this.#video?.start(events);
  }

  send(message: LinkMessage): void | Promise<void> {
    this.#requireLife();
    return this.#parts.messages.send(message);
  }

  sendMedia(frame: Frame, track: string): void | Promise<void> {
    this.#requireLife();
    if (!this.#isConnected && this.tracks.includes(track)) return this.#sendLater(frame, track);
    if (track === "audio" && this.#audio !== undefined) return this.#audio.push(frame);
    if (track === "video" && this.#video !== undefined) return this.#video.push(frame);
    frame.release();
    throw errors.portUnknown({
      message: `the connection has no track ${track}`,
      expected: this.tracks.join(", ") || "none: the peer offered none",
    });
  }

  /** The tracks that were agreed on. */
  get tracks(): readonly string[] {
    return [...(this.#audio === undefined ? [] : ["audio"]), ...(this.#video === undefined ? [] : ["video"])];
  }

  interrupt(turn: number): Cuts {
    return this.#audio === undefined ? {} : { audio: this.#audio.sender.interrupt(turn) };
  }

  drop(cuts: Cuts): void {
    if (cuts["audio"] !== undefined) this.#audio?.receiver.drop(cuts["audio"]);
  }

  request(name: UpstreamRequest, value: JsonValue, track: string): boolean {
    if (track !== "video" || this.#video === undefined || !this.#isOpen) return false;
    if (name === "keyframe") this.#video.requestKeyFrame();
    else if (name === "bitrate" && typeof value === "number") this.#video.requestBitrate(value);
    else return false;
    return true;
  }

  stats(): LinkStats {
    const { queuedBytes } = this.#parts.messages;
    return this.#dtls === undefined ? { ...noStats, queuedBytes } : linkStats(this.#dtls, this.#audio, queuedBytes);
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

  /** @internal */
  attachTransport(transport: RTCDtlsTransport): void {
    this.#dtls = transport;
  }

  /** @internal */
  attachAudio(audio: AudioTrack): void {
    this.#audio = audio;
    if (this.#events !== undefined) audio.start(this.#events);
  }

  /** @internal */
  attachVideo(video: VideoTrack): void {
    this.#video = video;
    if (this.#events !== undefined) video.start(this.#events);
  }

  /** @internal nothing can be sent or received any more */
  ended(error?: RemoteMediaError): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#isOpen = false;
    for (const goOn of this.#whenConnected.splice(0)) goOn();
    this.#audio?.close();
    this.#parts.messages.close();
    this.#events?.closed(error);
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#isOpen = false;
    const { clock, messages } = this.#parts;
    const deadlineUs = clock.nowUs() + deadlineMs * 1000;
    const isWaiting = (): boolean => !messages.isDrained || (this.#audio?.sender.bufferedMs ?? 0) > 0;
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
