/** The video line of a connection: encoded frames pass through, both ways. */
import { randomBytes } from "node:crypto";
import type { CarrierEvents, Frame, JsonValue, UpstreamRequest } from "@remotemedia/core";
import {
  type MediaStreamTrack,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RtcpPayloadSpecificFeedback,
  RtpHeader,
  RtpPacket,
} from "werift";
import type { TrackParts } from "./media-tracks.ts";
import { VideoDepacketizer } from "./video/video-depacketizer.ts";
import { VideoPacketizer } from "./video/video-packetizer.ts";

/** @internal Sends and receives the encoded video of one connection. werift repeats and asks for repeats (NACK, RTX) by itself. */
export class VideoTrack {
  readonly #parts: TrackParts;
  readonly #packetizer: VideoPacketizer;
  readonly #depacketizer: VideoDepacketizer;
  #events: CarrierEvents | undefined;
  #peerSsrc: number | undefined;

  constructor(parts: TrackParts) {
    const { transceiver, transport, planned } = parts;
    const { codec } = planned;
    this.#parts = parts;
    const random = randomBytes(8);
    this.#packetizer = new VideoPacketizer({ codec, firstSequenceNumber: random.readUInt16LE(), firstTimestamp: random.readUInt32LE(4) });
    this.#depacketizer = new VideoDepacketizer({
      codec,
      frame: (frame) => this.#events?.media(frame, "video"),
      keyFrameNeeded: () => void this.request("keyframe", null),
    });
    for (const track of transceiver.receiver.tracks) this.#listen(track);
    // A peer may send another stream on the same line later.
    transceiver.onTrack.subscribe((track) => this.#listen(track));
    // werift gives such packets to whom their sender's SSRC belongs, which is the receiver where the peer sends video as well.
    transport.onRtcp.subscribe((packet) => packet instanceof RtcpPayloadSpecificFeedback && this.#asked(packet.feedback));
  }

  /** Who is told; what comes first to a new listener shall be a key frame. */
  start(events: CarrierEvents): void {
    this.#events = events;
    this.request("keyframe", null);
  }

  /** Sends a frame at once; releases it. */
  push(frame: Frame): void {
    const { transceiver, planned } = this.#parts;
    try {
      for (const { payload, ...rest } of this.#packetizer.packets(frame as never)) {
        const header = new RtpHeader({ ...rest, payloadType: planned.payloadType });
        const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
        transceiver.sender.sendRtp(new RtpPacket(header, bytes)).catch(() => undefined);
      }
    } finally {
      frame.release();
    }
  }

  /** Asks for a key frame (PLI), or for so many bit/s at most (REMB). False for what cannot be asked for. */
  request(name: UpstreamRequest, value: JsonValue): boolean {
    const mediaSsrc = this.#peerSsrc;
    const isBitrate = name === "bitrate" && typeof value === "number";
    if (name !== "keyframe" && !isBitrate) return false;
    const senderSsrc = this.#ownSsrc;
    // Before the peer sends anything there is nothing to ask for.
    if (mediaSsrc !== undefined)
      this.#tell(isBitrate ? remb(senderSsrc, mediaSsrc, value) : new PictureLossIndication({ senderSsrc, mediaSsrc }));
    return true;
  }

  #listen(track: MediaStreamTrack): void {
    track.onReceiveRtp.subscribe(({ header, payload }) => {
      this.#peerSsrc = header.ssrc;
      const { sequenceNumber, timestamp, marker } = header;
      this.#depacketizer.push({ sequenceNumber, timestamp, marker, payload }, this.#parts.clock.nowUs());
    });
  }

  #asked(feedback: unknown): void {
    if (feedback instanceof PictureLossIndication && feedback.mediaSsrc === this.#ownSsrc) this.#events?.request("keyframe", null, "video");
    if (feedback instanceof ReceiverEstimatedMaxBitrate && feedback.ssrcFeedbacks.includes(this.#ownSsrc)) {
      this.#events?.request("bitrate", Number(feedback.bitrate), "video");
    }
  }

  get #ownSsrc(): number {
    return this.#parts.transceiver.sender.ssrc;
  }

  #tell(feedback: PictureLossIndication | ReceiverEstimatedMaxBitrate): void {
    this.#parts.transport.sendRtcp([new RtcpPayloadSpecificFeedback({ feedback })]).catch(() => undefined);
  }
}

/** `draft-alvestrand-rmcat-remb`: the bitrate is a mantissa of 18 bits times a power of two. */
function remb(senderSsrc: number, peerSsrc: number, bitsPerSecond: number): ReceiverEstimatedMaxBitrate {
  let [brMantissa, brExp] = [Math.max(0, Math.round(bitsPerSecond)), 0];
  for (; brMantissa >= 2 ** 18; brExp++) brMantissa = Math.floor(brMantissa / 2);
  return new ReceiverEstimatedMaxBitrate({ senderSsrc, mediaSsrc: 0, ssrcNum: 1, ssrcFeedbacks: [peerSsrc], brExp, brMantissa });
}
