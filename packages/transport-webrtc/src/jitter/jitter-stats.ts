/** All counters of a {@link JitterBuffer} at 0. */
export const newCounters = () => ({
  /** Packets that came, duplicates and strays not counted. */
  packets: 0,
  /** Packets that were missing when their time had come, or could not be decoded. */
  lost: 0,
  /** Share of packets lost among the last hundred or so, 0 to 1. */
  lossRatio: 0,
  /** Packets that came when their time was over. */
  late: 0,
  duplicates: 0,
  /** Packets that the decoder refused. */
  undecodable: 0,
  /** Packets let go because too many waited, or because a turn was cut. */
  dropped: 0,
  /** Packets out of any order, and how often they turned out to be a sender that began anew. */
  strays: 0,
  restarts: 0,
  /** Sound made up for what did not come in time, and how often. */
  concealedMs: 0,
  concealmentEvents: 0,
  /** What time-scaling took out and put in. */
  acceleratedMs: 0,
  stretchedMs: 0,
});

/** What is counted since the buffer was made. */
export type JitterCounters = ReturnType<typeof newCounters>;

/** What a {@link JitterBuffer} has seen and done since it was made. */
export interface JitterStats extends Readonly<JitterCounters> {
  /** How long after the fastest packet's way the last frame was given, ms; and how long the buffer aims at. */
  readonly delayMs: number;
  readonly targetMs: number;
  /** Packets that wait now. */
  readonly held: number;
  /** Interarrival jitter, RFC 3550. */
  readonly jitterMs: number;
  /** The sender's clock against ours, −500 to 500; positive: it runs fast. 0 until it is measured. */
  readonly driftPpm: number;
}
