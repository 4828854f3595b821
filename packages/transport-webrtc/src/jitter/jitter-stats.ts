/** What a {@link JitterBuffer} has seen and done since it was made. */
export interface JitterStats {
  /** How long after the fastest packet's way the last frame was given, ms; and how long the buffer aims at. */
  readonly delayMs: number;
  readonly targetMs: number;
  /** Packets that wait now. */
  readonly held: number;
  /** Packets that came, duplicates and strays not counted. */
  readonly packets: number;
  /** Packets that were missing when their time had come, or could not be decoded. */
  readonly lost: number;
  /** Share of packets lost among the last hundred or so, 0 to 1. */
  readonly lossRatio: number;
  /** Packets that came when their time was over. */
  readonly late: number;
  readonly duplicates: number;
  /** Packets that the decoder refused. */
  readonly undecodable: number;
  /** Packets let go because too many waited, or because a turn was cut. */
  readonly dropped: number;
  /** Packets out of any order, and how often they turned out to be a sender that began anew. */
  readonly strays: number;
  readonly restarts: number;
  /** Sound made up for what did not come in time, and how often. */
  readonly concealedMs: number;
  readonly concealmentEvents: number;
  /** What time-scaling took out and put in. */
  readonly acceleratedMs: number;
  readonly stretchedMs: number;
  /** Interarrival jitter, RFC 3550. */
  readonly jitterMs: number;
  /** The sender's clock against ours, −500 to 500; positive: it runs fast. 0 until it is measured. */
  readonly driftPpm: number;
}

/** The counters among {@link JitterStats}. */
export type JitterCounters = {
  -readonly [K in keyof Omit<JitterStats, "delayMs" | "targetMs" | "held" | "jitterMs" | "driftPpm">]: number;
};

/** All counters at 0. */
export const newCounters = (): JitterCounters => ({
  packets: 0,
  lost: 0,
  lossRatio: 0,
  late: 0,
  duplicates: 0,
  undecodable: 0,
  dropped: 0,
  strays: 0,
  restarts: 0,
  concealedMs: 0,
  concealmentEvents: 0,
  acceleratedMs: 0,
  stretchedMs: 0,
});
