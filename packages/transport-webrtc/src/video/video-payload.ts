/** How a codec's frames lie in RTP payloads: what differs between codecs. */
import { h264Payload } from "./h264-payload.ts";
import { vp8Payload } from "./vp8-payload.ts";

/** What one payload holds of a frame. */
export interface VideoPiece {
  /** Bytes of the frame, in order. Views of the payload. */
  readonly chunks: readonly Uint8Array[];
  /** Whether it is surely the first of its frame. */
  readonly isFirst: boolean;
  /** Whether it surely is not. */
  readonly continues: boolean;
  /** Whether it makes its frame a key frame. */
  readonly isKey: boolean;
  /** The codec string, if the piece tells more than was known. */
  readonly codec?: string;
}

/** One codec. */
export interface VideoPayload {
  /** WebCodecs codec string, until a piece tells more. */
  readonly codec: string;
  /** Reads a payload; nothing if it is malformed. */
  read(payload: Uint8Array): VideoPiece | undefined;
  /** Payloads of at most `size` bytes that hold a frame. */
  split(frame: Uint8Array, size: number): Uint8Array[];
}

/** Those that can pass through; the keys are names of `a=rtpmap`, in lower case. */
export const videoPayloads: Readonly<Record<string, VideoPayload>> = { vp8: vp8Payload, h264: h264Payload };

/** One RTP packet of video. */
export interface VideoPacket {
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 90 kHz, 32 bits. */
  readonly timestamp: number;
  /** The last of its frame. */
  readonly marker: boolean;
  readonly payload: Uint8Array;
}
