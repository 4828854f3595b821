/** Decides for each analysis frame of one channel whether it holds speech; it holds a partial frame from call to call. `EnergyVad` is one. */
export interface SpeechDetector {
  /**
   * Hears `count` samples. For every analysis frame completed by them it writes 1 (speech) or 0 into `decisions` and its RMS into `levels`, both at least
   * `ceil(count / frameLength)` long, and returns their number.
   */
  process(samples: Float32Array, count: number, decisions: Uint8Array, levels: Float32Array): number;
  /** Forgets what was heard. */
  reset(): void;
  /** Gives back what it holds. */
  close(): void;
}
