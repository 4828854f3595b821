/** The media lines of a connection that were agreed on: at most one of audio and one of video. */
import type { OpusCodec } from "@remotemedia/codecs";
import type { CarrierEvents, Clock } from "@remotemedia/core";
import type { RTCDtlsTransport, RTCPeerConnection, RTCRtpTransceiver } from "werift";
import { AudioTrack } from "./audio-track.ts";
import type { PlannedMedia } from "./sdp-media.ts";
import type { SdpPlan } from "./sdp-policy.ts";
import { VideoTrack } from "./video-track.ts";
import type { OpusOptions } from "./webrtc-options.ts";
import { transportOf } from "./werift-peer.ts";

/** @internal what all tracks of a connection share */
export interface TrackOptions {
  readonly opus: OpusCodec;
  readonly options: OpusOptions;
  readonly clock: Clock;
  /** Something threw that should not; the track is dead. */
  onFailed(thrown: unknown): void;
}

/** @internal what a track is made from */
export interface TrackParts extends TrackOptions {
  readonly transceiver: RTCRtpTransceiver;
  readonly transport: RTCDtlsTransport;
  readonly planned: PlannedMedia;
}

/** @internal Makes the tracks when descriptions agree. */
export class MediaTracks {
  audio: AudioTrack | undefined;
  video: VideoTrack | undefined;
  readonly #peer: RTCPeerConnection;
  readonly #options: TrackOptions;
  #events: CarrierEvents | undefined;

  constructor(peer: RTCPeerConnection, options: TrackOptions) {
    this.#peer = peer;
    this.#options = options;
  }

  get names(): readonly ("audio" | "video")[] {
    return (["audio", "video"] as const).filter((name) => this[name] !== undefined);
  }

  /** The descriptions agree: what is new in them begins. */
  agree({ audio, video }: SdpPlan): void {
    this.audio ??= this.#begin("audio", audio, (parts) => new AudioTrack(parts));
    this.video ??= this.#begin("video", video, (parts) => new VideoTrack(parts));
  }

  /** Who is told. */
  start(events: CarrierEvents): void {
    this.#events = events;
    for (const name of this.names) this[name]?.start(events);
  }

  #begin<T extends AudioTrack | VideoTrack>(
    kind: string,
    planned: PlannedMedia | undefined,
    make: (parts: TrackParts) => T,
  ): T | undefined {
    const transceiver = this.#peer.getTransceivers().find((line) => line.kind === kind);
    if (planned === undefined || transceiver === undefined) return undefined;
    const track = make({ ...this.#options, transceiver, transport: transportOf(this.#peer), planned });
    if (this.#events !== undefined) track.start(this.#events);
    return track;
  }
}
