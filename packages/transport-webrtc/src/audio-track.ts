/** The audio line of a connection, both ways. */
import type { OpusCodec } from "@remotemedia/codecs";
import type { CarrierEvents, Clock, Frame } from "@remotemedia/core";
import { type RTCDtlsTransport, type RTCRtpTransceiver, RtpHeader, RtpPacket } from "werift";
import { AudioReceiver } from "./audio-receiver.ts";
import type { PlannedMedia } from "./sdp-policy.ts";
import { AudioSender, type Rtp } from "./stand-ins.ts";
import { tickerOf } from "./ticker.ts";
import type { OpusOptions } from "./webrtc-options.ts";

/** @internal what an audio track is made from */
export interface AudioTrackParts {
  readonly opus: OpusCodec;
  readonly options: OpusOptions;
  readonly clock: Clock;
  readonly transceiver: RTCRtpTransceiver;
  readonly transport: RTCDtlsTransport;
  readonly planned: PlannedMedia;
  /** Something threw that should not; the track is dead. */
  onFailed(thrown: unknown): void;
}

/** @internal Encodes, sends, receives and decodes the audio of one connection. */
export class AudioTrack {
  readonly receiver: AudioReceiver;
  readonly sender: AudioSender;
  readonly transceiver: RTCRtpTransceiver;
  readonly #clock: Clock;
  readonly #payloadType: number;
  readonly #leave: (() => void)[];
  readonly #closeEncoder: () => void;

  constructor({ opus, options, clock, transceiver, transport, planned, onFailed }: AudioTrackParts) {
    const { bitrate = 32_000, fec = true, dtx = true } = options;
    const encoder = opus.createEncoder({ numberOfChannels: 1, bitrate, fec, dtx } as never);
    this.#clock = clock;
    this.#payloadType = planned.payloadType;
    this.transceiver = transceiver;
    this.receiver = new AudioReceiver(opus.createDecoder({ numberOfChannels: 1 } as never), onFailed);
    this.sender = new AudioSender({ clock, encode: (planes) => encoder.encode(planes), send: (packet) => this.#send(packet) });
    this.#closeEncoder = () => encoder.close();
    const ticker = tickerOf(clock);
    const { unSubscribe } = transport.onRtp.subscribe(({ header, payload }) => {
      if (header.payloadType !== this.#payloadType) return;
      const { sequenceNumber, timestamp } = header;
      this.receiver.push({ sequenceNumber, timestamp, payload }, clock.nowUs());
      ticker.wake(this.receiver.dueUs);
    });
    this.#leave = [unSubscribe, ticker.add(this.receiver), ticker.add(Object.assign(this.sender, { failed: onFailed }))];
  }

  start(events: CarrierEvents): void {
    this.receiver.start((frame) => events.media(frame, "audio"));
    tickerOf(this.#clock).wake(this.receiver.dueUs);
  }

  push(frame: Frame): void | Promise<void> {
    const wait = this.sender.push(frame);
    tickerOf(this.#clock).wake(this.sender.dueUs);
    return wait;
  }

  close(): void {
    for (const leave of this.#leave.splice(0)) leave();
    this.receiver.close();
    this.sender.close();
    this.#closeEncoder();
  }

  #send({ sequenceNumber, timestamp, marker, payload }: Rtp): void {
    const header = new RtpHeader({ sequenceNumber, timestamp, marker, payloadType: this.#payloadType });
    // werift looks after the rest: SSRC, reports, repeats on NACK. What cannot be sent is lost, as packets are.
    this.transceiver.sender
      .sendRtp(new RtpPacket(header, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)))
      .catch(() => undefined);
  }
}
