import type { Clock, Log } from "@remotemedia/core";
import type { CandidateJson } from "./candidate-policy.ts";
import type { IceServer } from "./ice-servers.ts";

/**
 * `connected`: media and messages flow. `stalled`: nothing arrived within a second of an ICE restart; replace the connection. `closed` is
 * for good.
 */
export type WebRtcState = "connecting" | "connected" | "stalled" | "closed";

/** How Opus is sent, and what is asked of the peer. */
export interface OpusOptions {
  /** Bit/s. Default 32,000. */
  readonly bitrate?: number;
  /** Repeats the packet before at low quality inside each packet. Default true. */
  readonly fec?: boolean;
  /** Sends next to nothing in silence. Default true. */
  readonly dtx?: boolean;
}

/** How a WebRTC connection is made. */
export interface WebRtcOptions {
  /** Whether the other end does not speak `remotemedia.v1`. */
  readonly isForeign: boolean;
  /** The data channel on which a foreign end sends its messages. Default `messages`. */
  readonly channel?: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** None by default; see `iceServersFrom`. */
  readonly iceServers?: readonly IceServer[];
  readonly opus?: OpusOptions;
  /** What a caller offers. Default audio. */
  readonly offers?: readonly ("audio" | "video")[];
  /** Whether a candidate's address may be used (the peer's) or shown (ours). Default: every unicast address. */
  readonly allowCandidate?: (address: string) => boolean;
  /** Candidates taken from the peer at most, for each ICE generation. Default 32. */
  readonly maxCandidates?: number;
  /** How long the handshake may take. Default 15,000. */
  readonly connectTimeoutMs?: number;
  /** A peer from whom nothing is heard for so long is gone. Default 15,000. */
  readonly silenceMs?: number;
  /** A candidate of ours, for the peer. It comes after the description that it belongs to: never before the promise of that has settled. */
  onCandidate?(candidate: CandidateJson): void;
  onState?(state: WebRtcState): void;
}
