/** RTP packets to encoded video frames. */
import { type EncodedFrame, encodedFrame, Flags, type MediaStream } from "@remotemedia/core";
import { payloadOf } from "./video-packetizer.ts";
import type { VideoPacket, VideoPayload, VideoPiece } from "./video-payload.ts";

/** What a depacketizer needs. */
export interface VideoDepacketizerOptions {
  /** Name of `a=rtpmap`, such as `VP8`. */
  readonly codec: string;
  readonly stream?: MediaStream;
  /** A whole frame, that can be decoded after those given before. The receiver owns it. */
  readonly frame: (frame: EncodedFrame) => void;
  /** Nothing can be decoded until a key frame comes: ask for one (PLI). Repeated each 500 ms. */
  readonly keyFrameNeeded: () => void;
}

// As long as a packet that was asked for again (NACK) is waited for.
const longestWaitUs = 200_000;
const askAgainUs = 500_000;
const mostPackets = 1024;
const largestFrame = 4 * 1024 * 1024;

/** How far a serial number is ahead of another, in so many bits (RFC 1982). */
const ahead = (one: number, other: number, bits: 16 | 32): number => ((one - other) << (32 - bits)) >> (32 - bits);

/**
 * Puts the packets of one track in order and their frames together. After a loss it gives nothing until the next key frame. Malformed payloads
 * count as lost. It holds 1,024 packets and a frame of 4 MiB at most.
 */
export class VideoDepacketizer {
  readonly #options: VideoDepacketizerOptions;
  readonly #payload: VideoPayload;
  readonly #packets = new Map<number, VideoPacket>();
  /** Sequence number that is next in order. */
  #next: number | undefined;
  /** Since when it is missing. */
  #missingSinceUs: number | undefined;
  #pieces: VideoPiece[] = [];
  #bytes = 0;
  /** RTP timestamp of the frame that is being put together. */
  #timestamp: number | undefined;
  /** Whether the packets of the frame are to be passed over, up to its last. */
  #isSpoilt = false;
  #needsKey = true;
  #hasJumped = false;
  #askedUs = Number.NEGATIVE_INFINITY;
  #codec: string;
  #media: { readonly timestamp: number; readonly ticks: number } | undefined;
  /** Frames that were let go. */
  droppedFrames = 0;

  /** @throws `media-incompatible` for a codec that cannot pass through */
  constructor(options: VideoDepacketizerOptions) {
    this.#options = options;
    this.#payload = payloadOf(options.codec);
    this.#codec = this.#payload.codec;
  }

  /** Takes a packet, in whatever order they come. Its payload is kept until its frame is whole. */
  push(packet: VideoPacket, nowUs: number): void {
    this.#next ??= packet.sequenceNumber;
    const distance = ahead(packet.sequenceNumber, this.#next, 16);
    if (Math.abs(distance) >= mostPackets) this.#restart(packet, nowUs);
    else if (distance < 0) return;
    this.#packets.set(packet.sequenceNumber, packet);
    this.#read(nowUs);
    if (this.#packets.size === 0) this.#missingSinceUs = undefined;
    else if (nowUs - (this.#missingSinceUs ??= nowUs) >= longestWaitUs) this.#giveUp(nowUs);
    if (this.#needsKey && this.droppedFrames > 0 && nowUs - this.#askedUs >= askAgainUs) this.#ask(nowUs);
  }

  /** Reads what is there in order. */
  #read(nowUs: number): void {
    for (let packet = this.#packets.get(this.#next!); packet !== undefined; packet = this.#packets.get(this.#next!)) {
      this.#packets.delete(this.#next!);
      this.#next = (this.#next! + 1) & 0xffff;
      this.#missingSinceUs = undefined;
      // Padding that probes the path carries the timestamp of the frame before.
      if (packet.payload.length > 0) this.#add(packet, nowUs);
    }
  }

  #add({ timestamp, marker, payload }: VideoPacket, nowUs: number): void {
    if (this.#timestamp !== undefined && this.#timestamp !== timestamp) this.#finish(nowUs);
    const piece = this.#payload.read(payload);
    const isBoundary = this.#timestamp === undefined;
    this.#timestamp = timestamp;
    if (piece?.isFirst && isBoundary) this.#isSpoilt = false;
    if (piece === undefined || (isBoundary && piece.continues) || this.#bytes > largestFrame) this.#spoil();
    if (!this.#isSpoilt) {
      this.#pieces.push(piece!);
      for (const chunk of piece!.chunks) this.#bytes += chunk.length;
    }
    if (marker) this.#finish(nowUs);
  }

  #finish(nowUs: number): void {
    const pieces = this.#pieces;
    const isKey = pieces.some((piece) => piece.isKey);
    const isWhole = !this.#isSpoilt && pieces.length > 0;
    if (isWhole && (isKey || !this.#needsKey)) this.#give(pieces, isKey);
    else this.#lose(nowUs);
    this.#pieces = [];
    this.#bytes = 0;
    this.#timestamp = undefined;
    this.#isSpoilt = false;
  }

  #give(pieces: readonly VideoPiece[], isKey: boolean): void {
    const data = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of pieces.flatMap(({ chunks }) => chunks)) {
      data.set(chunk, at);
      at += chunk.length;
    }
    this.#codec = pieces.findLast(({ codec }) => codec !== undefined)?.codec ?? this.#codec;
    const { stream } = this.#options;
    const flags = this.#hasJumped ? Flags.gap | Flags.discontinuity : 0;
    this.#needsKey = this.#hasJumped = false;
    const timestamp = this.#mediaUs();
    this.#options.frame(
      encodedFrame("encoded-video", {
        codec: this.#codec,
        type: isKey ? "key" : "delta",
        data,
        timestamp,
        flags,
        ...(stream && { stream }),
      }),
    );
  }

  /** µs since the first frame that was given. */
  #mediaUs(): number {
    const last = (this.#media ??= { timestamp: this.#timestamp!, ticks: 0 });
    const ticks = last.ticks + ahead(this.#timestamp!, last.timestamp, 32);
    this.#media = { timestamp: this.#timestamp!, ticks };
    return Math.round((ticks * 100) / 9);
  }

  #lose(nowUs: number): void {
    this.droppedFrames++;
    this.#hasJumped ||= this.#media !== undefined;
    if (!this.#needsKey || this.#askedUs === Number.NEGATIVE_INFINITY) this.#ask(nowUs);
    this.#needsKey = true;
  }

  /** The packet in order does not come any more: goes on with the next that is there. */
  #giveUp(nowUs: number): void {
    const waiting = [...this.#packets.keys()].sort((a, b) => ahead(a, b, 16));
    this.#skipTo(waiting[0]!, nowUs);
    this.#read(nowUs);
  }

  #restart(packet: VideoPacket, nowUs: number): void {
    this.#packets.clear();
    this.#skipTo(packet.sequenceNumber, nowUs);
  }

  /** What was being put together is lost, and perhaps the beginning of the frame that the next packet belongs to. */
  #skipTo(sequenceNumber: number, nowUs: number): void {
    this.#spoil();
    this.#lose(nowUs);
    this.#timestamp = undefined;
    this.#next = sequenceNumber;
    this.#missingSinceUs = undefined;
  }

  #spoil(): void {
    this.#isSpoilt = true;
    this.#pieces = [];
    this.#bytes = 0;
  }

  #ask(nowUs: number): void {
    this.#askedUs = nowUs;
    this.#options.keyFrameNeeded();
  }
}
