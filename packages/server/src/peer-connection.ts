/** What signaling needs of a peer connection. The composition root binds werift to it, a test something without sockets. */
import type { Carrier, Clock, Log } from "@remotemedia/core";
import type { CandidateJson, IceServer, WebRtcState } from "@remotemedia/transport-webrtc";

/** One answered peer connection. Whoever asked for it closes it. */
export interface PeerConnection {
  /** The answer. */
  readonly description: string;
  readonly carrier: Carrier;
  readonly state: WebRtcState;
  /** Answers another offer of the same peer: an ICE restart, other tracks. */
  renegotiate(offer: string): Promise<string>;
  /** What is no candidate, or may not be one, is ignored. */
  addCandidate(candidate: CandidateJson): void | Promise<void>;
  close(deadlineMs?: number): Promise<void>;
}

/** What an {@link Acceptor} is given beside the offer. */
export interface AcceptOptions {
  readonly iceServers: readonly IceServer[];
  /** Whether the peer does not speak `remotemedia.v1`. */
  readonly isForeign: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether an address may be sent packets (the peer's, from a candidate or the offer) or shown (ours). */
  readonly allowCandidate: (address: string) => boolean;
  readonly maxCandidates: number;
  readonly onCandidate: (candidate: CandidateJson) => void;
  readonly onState: (state: WebRtcState) => void;
}

/** Answers an offer. Rejects when the offer cannot be answered; nothing is left open then. */
export type Acceptor = (offer: string, options: AcceptOptions) => Promise<PeerConnection>;
