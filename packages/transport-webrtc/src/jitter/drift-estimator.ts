const bucketUs = 1_000_000;
const capacity = 60;
const enough = 8;
// A minimum so far off the line is a change of route and not a clock.
const jumpUs = 10_000;
const limitPpm = 500;
const passes = 3;

/**
 * The sender's clock against ours: the slope of the fastest packet of each second over the last minute (queues delay packets and never
 * hurry them, so the lower envelope of the transit times is the clock), by least squares.
 */
export class DriftEstimator {
  readonly #times = new Float64Array(capacity);
  readonly #minima = new Float64Array(capacity);
  #count = 0;
  #bucketEnd = Number.NaN;
  #minimum = Number.POSITIVE_INFINITY;
  #minimumTime = 0;
  #slope = 0;
  #intercept = 0;
  #errorPpm = Number.POSITIVE_INFINITY;

  /** Positive: the sender's clock runs fast, its samples come too quickly. 0 until there is something to say. */
  get ppm(): number {
    return this.#count < enough ? 0 : Math.max(-limitPpm, Math.min(limitPpm, -this.#slope * 1e6));
  }

  /** Standard error of {@link ppm}. */
  get errorPpm(): number {
    return this.#count < enough ? Number.POSITIVE_INFINITY : this.#errorPpm;
  }

  /** Takes note of a packet. True when {@link ppm} is new. */
  observe(arrivalUs: number, transitUs: number): boolean {
    const isNew = arrivalUs >= this.#bucketEnd && this.#close();
    if (!(arrivalUs < this.#bucketEnd)) this.#bucketEnd = arrivalUs + bucketUs;
    if (transitUs < this.#minimum) {
      this.#minimum = transitUs;
      this.#minimumTime = arrivalUs;
    }
    return isNew;
  }

  /** Another sender or route: measures anew. */
  restart(): void {
    this.#count = 0;
    this.#bucketEnd = Number.NaN;
    this.#minimum = Number.POSITIVE_INFINITY;
  }

  #close(): boolean {
    const last = this.#count - 1;
    const expected = this.#count < enough ? (this.#minima[last] ?? this.#minimum) : this.#intercept + this.#slope * this.#minimumTime;
    if (Math.abs(this.#minimum - expected) > jumpUs) this.#count = 0;
    if (this.#count === capacity) {
      this.#times.copyWithin(0, 1);
      this.#minima.copyWithin(0, 1);
      this.#count--;
    }
    this.#times[this.#count] = this.#minimumTime;
    this.#minima[this.#count] = this.#minimum;
    this.#count++;
    this.#minimum = Number.POSITIVE_INFINITY;
    if (this.#count < enough) return false;
    this.#fit();
    return true;
  }

  /** Least squares, then without what lies above the line: seconds whose fastest packet still had to queue. */
  #fit(): void {
    let highest = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < passes; pass++) highest = this.#fitBelow(highest);
  }

  /** Fits the points that lie no higher than `highest` above the line so far; gives the height above the new one that is too high. */
  #fitBelow(highest: number): number {
    // Seen from the first point, so that large numbers do not cancel.
    const t0 = this.#times[0] as number;
    const y0 = this.#minima[0] as number;
    let n = 0;
    let st = 0;
    let sy = 0;
    let stt = 0;
    let sty = 0;
    let syy = 0;
    for (let i = 0; i < this.#count; i++) {
      const t = (this.#times[i] as number) - t0;
      const y = (this.#minima[i] as number) - y0;
      if (y + y0 - this.#intercept - this.#slope * (t + t0) > highest) continue;
      n++;
      st += t;
      sy += y;
      stt += t * t;
      sty += t * y;
      syy += y * y;
    }
    const vtt = stt - (st * st) / n;
    const vty = sty - (st * sy) / n;
    this.#slope = vtt > 0 ? vty / vtt : 0;
    this.#intercept = y0 + (sy - this.#slope * st) / n - this.#slope * t0;
    const variance = Math.max(0, syy - (sy * sy) / n - this.#slope * vty) / Math.max(1, n - 2);
    this.#errorPpm = vtt > 0 ? Math.sqrt(variance / vtt) * 1e6 : Number.POSITIVE_INFINITY;
    return Math.sqrt(variance);
  }
}
