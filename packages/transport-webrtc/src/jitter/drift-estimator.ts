const bucketUs = 1_000_000;
const capacity = 60;
const enough = 8;
// A minimum so far off the line is a change of route and not a clock.
const jumpUs = 10_000;
const limitPpm = 500;
const passes = 3;

interface Point {
  readonly timeUs: number;
  readonly transitUs: number;
}

interface Line {
  at(timeUs: number): number;
  readonly slope: number;
  /** Standard error of the slope. */
  readonly error: number;
  /** Standard deviation of the points around it. */
  readonly deviation: number;
}

/**
 * The sender's clock against ours: the slope of the fastest packet of each second over the last minute (queues delay packets and never
 * hurry them, so the lower envelope of the transit times is the clock), by least squares.
 */
export class DriftEstimator {
  #points: Point[] = [];
  #line: Line | undefined;
  #fastest: Point | undefined;
  #bucketEnd = Number.NaN;

  /** Positive: the sender's clock runs fast, its samples come too quickly. 0 until there is something to say. */
  get ppm(): number {
    return Math.max(-limitPpm, Math.min(limitPpm, -(this.#line?.slope ?? 0) * 1e6));
  }

  /** Standard error of {@link ppm}. */
  get errorPpm(): number {
    return (this.#line?.error ?? Number.POSITIVE_INFINITY) * 1e6;
  }

  /** Takes note of a packet. True when {@link ppm} is new. */
  observe(timeUs: number, transitUs: number): boolean {
    const isNew = timeUs >= this.#bucketEnd && this.#close();
    if (!(timeUs < this.#bucketEnd)) this.#bucketEnd = timeUs + bucketUs;
    if (this.#fastest === undefined || transitUs < this.#fastest.transitUs) this.#fastest = { timeUs, transitUs };
    return isNew;
  }

  /** Another sender or route: measures anew. */
  restart(): void {
    this.#points = [];
    this.#line = this.#fastest = undefined;
    this.#bucketEnd = Number.NaN;
  }

  #close(): boolean {
    const point = this.#fastest as Point;
    const expected = this.#line?.at(point.timeUs) ?? this.#points.at(-1)?.transitUs ?? point.transitUs;
    if (Math.abs(point.transitUs - expected) > jumpUs) this.restart();
    this.#points.push(point);
    if (this.#points.length > capacity) this.#points.shift();
    this.#fastest = undefined;
    if (this.#points.length >= enough) this.#line = fitBelow(this.#points);
    return this.#line !== undefined;
  }
}

/** Least squares, then without what lies above the line: seconds whose fastest packet still had to queue. */
function fitBelow(points: readonly Point[]): Line {
  let line = fit(points);
  for (let pass = 1; pass < passes; pass++) {
    const { at, deviation } = line;
    line = fit(points.filter(({ timeUs, transitUs }) => transitUs - at(timeUs) <= deviation));
  }
  return line;
}

function fit(points: readonly Point[]): Line {
  const count = points.length;
  const meanTime = points.reduce((sum, { timeUs }) => sum + timeUs, 0) / count;
  const meanTransit = points.reduce((sum, { transitUs }) => sum + transitUs, 0) / count;
  let [tt, ty, yy] = [0, 0, 0];
  for (const { timeUs, transitUs } of points) {
    const [t, y] = [timeUs - meanTime, transitUs - meanTransit];
    tt += t * t;
    ty += t * y;
    yy += y * y;
  }
  const slope = tt > 0 ? ty / tt : 0;
  const variance = Math.max(0, yy - slope * ty) / Math.max(1, count - 2);
  const error = tt > 0 ? Math.sqrt(variance / tt) : Number.POSITIVE_INFINITY;
  return { at: (timeUs) => meanTransit + slope * (timeUs - meanTime), slope, error, deviation: Math.sqrt(variance) };
}
