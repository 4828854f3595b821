/** Encoded video frames to RTP packets. */
import { type EncodedFrame, errors } from "@remotemedia/core";
import { type VideoPacket, type VideoPayload, videoPayloads } from "./video-payload.ts";

// Leaves room for RTP, SRTP, UDP and IPv6 headers and extensions in 1,280 bytes, which every path carries.
const largestPayload = 1200;

/** Where a track's packets begin; random, says RFC 3550. */
export interface VideoPacketizerOptions {
  /** Name of `a=rtpmap`, such as `VP8`. */
  readonly codec: string;
  readonly firstSequenceNumber: number;
  readonly firstTimestamp: number;
}

/** Cuts the encoded frames of one track into packets. */
export class VideoPacketizer {
  readonly #payload: VideoPayload;
  readonly #codec: string;
  readonly #firstTimestamp: number;
  #sequenceNumber: number;

  /** @throws `media-incompatible` for a codec that cannot pass through */
  constructor({ codec, firstSequenceNumber, firstTimestamp }: VideoPacketizerOptions) {
    this.#payload = payloadOf(codec);
    this.#codec = codec;
    this.#sequenceNumber = firstSequenceNumber & 0xffff;
    this.#firstTimestamp = firstTimestamp;
  }

  /**
   * The packets of a frame; borrows it. RTP time follows its media time.
   *
   * @throws `media-incompatible` when the frame is of another codec, `media-invalid` when there is nothing in it: H.264 must be in Annex B form
   */
  packets(frame: EncodedFrame): VideoPacket[] {
    if (frame.kind !== "encoded-video" || prefixOf(frame.codec) !== prefixOf(this.#payload.codec)) {
      throw errors.mediaIncompatible({
        message: "the video track carries another codec",
        expected: `encoded-video, ${this.#codec}`,
        received: `${frame.kind}, ${frame.codec}`,
      });
    }
    const timestamp = (this.#firstTimestamp + Math.round((frame.timestamp * 9) / 100)) >>> 0;
    const payloads = this.#payload.split(frame.data, largestPayload);
    if (payloads.length === 0)
      throw errors.mediaInvalid({ message: `there is no ${this.#codec} in this frame of ${frame.data.length} bytes` });
    return payloads.map((payload, i) => {
      const sequenceNumber = this.#sequenceNumber;
      this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
      return { sequenceNumber, timestamp, marker: i === payloads.length - 1, payload };
    });
  }
}

const prefixOf = (codec: string): string => codec.split(".")[0]!.toLowerCase();

/** @internal @throws `media-incompatible` */
export function payloadOf(codec: string): VideoPayload {
  const payload = videoPayloads[codec.toLowerCase()];
  if (payload !== undefined) return payload;
  throw errors.mediaIncompatible({
    message: `video of ${codec} cannot pass through`,
    expected: Object.keys(videoPayloads).join(", "),
    received: codec,
  });
}
