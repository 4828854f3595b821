/** What a carrier knows of its connection. Counts are since it was opened; names follow W3C WebRTC statistics, units are in the name. */
export interface LinkStats {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsSent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Share of packets lost lately, 0 to 1. */
  readonly lossRatio: number;
  /** Interarrival jitter, RFC 3550. */
  readonly jitterMs: number;
  readonly roundTripMs?: number;
  /** How long received audio waits now in the jitter buffer, and how long it aims at. */
  readonly jitterBufferMs: number;
  readonly jitterBufferTargetMs: number;
  /** Audio that was made up for losses. */
  readonly concealedMs: number;
  readonly concealmentEvents: number;
  /** The sender's clock against ours; positive: it runs fast. */
  readonly driftPpm: number;
  /** Media that waits to be sent. */
  readonly bufferedMs: number;
  /** Messages that wait to be sent. */
  readonly queuedBytes: number;
  /** The other end's view of what we send, where it reports it. */
  readonly remoteLossRatio?: number;
  readonly remoteJitterMs?: number;
}

/** The statistics of a carrier that counts nothing of the kind. */
export const noStats: LinkStats = {
  packetsReceived: 0,
  packetsLost: 0,
  packetsSent: 0,
  bytesReceived: 0,
  bytesSent: 0,
  lossRatio: 0,
  jitterMs: 0,
  jitterBufferMs: 0,
  jitterBufferTargetMs: 0,
  concealedMs: 0,
  concealmentEvents: 0,
  driftPpm: 0,
  bufferedMs: 0,
  queuedBytes: 0,
};
