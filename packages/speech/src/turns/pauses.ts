/** Learns how long the pauses are that a speaker makes without having finished. */
export class Pauses {
  /** How much silence is longer than this speaker's pauses, ms. */
  wantedMs: number;

  /** @param initialMs what is expected of a speaker who has not paused yet */
  constructor(initialMs: number) {
    this.wantedMs = initialMs;
  }

  /** The speaker went on after a pause. A longer one counts at once for the most part; shorter ones are believed slowly. */
  wentOn(pauseMs: number): void {
    const neededMs = pauseMs + marginMs;
    this.wantedMs += (neededMs - this.wantedMs) * (neededMs > this.wantedMs ? 0.6 : 0.15);
  }
}

const marginMs = 50;
