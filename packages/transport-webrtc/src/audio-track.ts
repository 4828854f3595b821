/** The audio line of a connection, both ways. */
import { randomBytes } from "node:crypto";
import type { CarrierEvents, Clock, Frame } from "@remotemedia/core";
import { type RTCRtpTransceiver, type RtcpReceiverInfo, RtcpRrPacket, RtcpSrPacket } from "werift";
import { AudioReceiver } from "./audio-receiver.ts";
import { AudioSender } from "./audio-sender.ts";
import { ExpectedLoss } from "./expected-loss.ts";
import type { AudioPacket } from "./jitter/packet-intake.ts";
import type { TrackParts } from "./media-tracks.ts";
import { AudioPath } from "./rtp/audio-path.ts";
import { tickerOf } from "./ticker.ts";

/** @internal Encodes, sends, receives and decodes the audio of one connection. */
export class AudioTrack {
  readonly receiver: AudioReceiver;
  readonly sender: AudioSender;
  /** The peer's last report of what we send. */
  remote: { readonly lossRatio: number; readonly jitterMs: number } | undefined;
  readonly #transceiver: RTCRtpTransceiver;
  readonly #clock: Clock;
  readonly #leave: (() => void)[];
  #events: CarrierEvents | undefined;
  readonly #expectedLoss = new ExpectedLoss();
  #sequenceNumber = randomBytes(2).readUInt16LE();

  constructor({ opus, options, clock, transceiver, transport, planned, onFailed }: TrackParts) {
    const { bitrate = 32_000, fec = true, dtx = true } = options;
    this.#clock = clock;
    this.#transceiver = transceiver;
    this.receiver = new AudioReceiver(opus.createDecoder({ sampleRate: 48_000, numberOfChannels: 1 }), onFailed);
    this.sender = new AudioSender({
      createEncoder: (format) => opus.createEncoder({ ...format, bitrate: bitrate * format.numberOfChannels, fec, dtx }),
      clock,
      firstTimestamp: randomBytes(4).readUInt32LE(),
      send: (packet) => path.send(packet, (this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff)),
      played: (turn, durationUs) => this.#events?.played(turn, { durationUs }),
    });
    const ticker = tickerOf(clock);
    const hear = (packet: AudioPacket): void => {
      this.receiver.push(packet, clock.nowUs());
      ticker.wake(this.receiver.dueUs);
    };
    const path = new AudioPath({ transport, transceiver, payloadType: planned.payloadType, hear });
    const reports = transport.onRtcp.subscribe((packet) => {
      if (packet instanceof RtcpSrPacket || packet instanceof RtcpRrPacket) this.#reported(packet.reports);
    });
    this.#leave = [
      () => path.close(),
      reports.unSubscribe,
      ticker.add(this.receiver),
      ticker.add(Object.assign(this.sender, { failed: onFailed })),
    ];
  }

  /** Who is told. */
  start(events: CarrierEvents): void {
    this.#events = events;
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
  }

  /** What the peer hears of us. */
  #reported(reports: readonly RtcpReceiverInfo[]): void {
    const report = reports.find(({ ssrc }) => ssrc === this.#transceiver.sender.ssrc);
    if (report === undefined) return;
    const lossRatio = report.fractionLost / 256;
    this.remote = { lossRatio, jitterMs: report.jitter / 48 };
    this.sender.setExpectedLoss(this.#expectedLoss.report(lossRatio));
  }
}
