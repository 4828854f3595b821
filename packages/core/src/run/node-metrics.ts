/** What a node counts: every frame, and the time of the first 16 calls and then of one in 16, so that measuring stays cheap. */

const alwaysTimed = 16;
// Eight buckets per factor of two, from 1/16 µs to about 70 minutes: a quantile is right within 12 %.
const bucketsPerOctave = 8;
const bucketCount = 36 * bucketsPerOctave;
const lowestUs = 1 / 16;

/** Times of one node, µs, exclusive of what ran downstream. */
export class NodeMetrics {
  /** Calls of `process`. */
  calls = 0;
  errors = 0;
  retries = 0;
  /** Frames that went around the node because it could not take them. */
  skipped = 0;
  /** Frames emitted after their call was over. */
  late = 0;
  /** Calls whose time was taken. */
  timed = 0;
  #totalUs = 0;
  #minUs = Number.POSITIVE_INFINITY;
  #maxUs = 0;
  #buckets: Uint32Array | undefined;

  /** Counts a call. Whether its time shall be taken. */
  beginCall(): boolean {
    return ++this.calls <= alwaysTimed || (this.calls & 15) === 0;
  }

  endCall(durationUs: number): void {
    this.timed++;
    this.#totalUs += durationUs;
    if (durationUs < this.#minUs) this.#minUs = durationUs;
    if (durationUs > this.#maxUs) this.#maxUs = durationUs;
    this.#buckets ??= new Uint32Array(bucketCount);
    const bucket = Math.floor(octaves(durationUs / lowestUs) * bucketsPerOctave);
    this.#buckets[Math.min(Math.max(bucket, 0), bucketCount - 1)]!++;
  }

  /** All calls' time, estimated from those that were timed. */
  get totalUs(): number {
    return this.timed === 0 ? 0 : (this.#totalUs / this.timed) * this.calls;
  }

  get averageUs(): number {
    return this.timed === 0 ? 0 : this.#totalUs / this.timed;
  }

  get minUs(): number {
    return this.timed === 0 ? 0 : this.#minUs;
  }

  get maxUs(): number {
    return this.#maxUs;
  }

  /** Whether the total is an estimate. */
  get isSampled(): boolean {
    return this.timed < this.calls;
  }

  /** The time that a fraction of the calls did not exceed; `fraction` 0.95 is p95. */
  quantileUs(fraction: number): number {
    let left = Math.ceil(this.timed * fraction);
    for (let i = 0; i < bucketCount && this.#buckets !== undefined; i++) {
      left -= this.#buckets[i] as number;
      if (left <= 0) return Math.min(upperEdgeUs(i), this.#maxUs);
    }
    return this.#maxUs;
  }
}

const upperEdgeUs = (bucket: number): number =>
  lowestUs * 2 ** Math.floor(bucket / bucketsPerOctave) * (1 + ((bucket % bucketsPerOctave) + 1) / bucketsPerOctave);

/** log2 of a positive number, linear between powers of two: good enough for buckets, and the same on every engine. */
function octaves(value: number): number {
  let whole = 0;
  let rest = value;
  while (rest >= 2) {
    rest /= 2;
    whole++;
  }
  return rest < 1 ? 0 : whole + rest - 1;
}
