const capacity = 256;
const windowUs = 2_500_000;
// Of so many, only the slowest 3 % may come after their time.
const quantile = 0.97;
// Below this count the window says little; a sender that is silent for long (DTX) must not empty it.
const kept = 8;
// A packet so much faster than all lately shows a better way: what came before says nothing of it.
const shortCutUs = 20_000;

/**
 * How late packets come against the fastest lately: from the transit times (arrival minus media time, whose zero means nothing) of the last
 * 2.5 s. Their minimum is the way without queues, a high quantile is what the buffer must wait for. After NetEq's relative arrival delays,
 * with a sliding window instead of a histogram that forgets: the minimum and the quantile then always speak of the same packets, so that
 * a change of route moves both, and a disturbance is forgotten at a time that can be named.
 */
export class DelayEstimator {
  readonly #sorted = new Float64Array(capacity);
  readonly #transits = new Float64Array(capacity);
  readonly #arrivals = new Float64Array(capacity);
  #oldest = 0;
  #size = 0;
  #lastTransit = Number.NaN;
  #jitterUs = 0;

  /** Transit time of the fastest packet lately, µs; its zero means nothing. */
  get baseUs(): number {
    return this.#sorted[0] as number;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** How long after the fastest packet almost all had come, µs. */
  get spreadUs(): number {
    const rank = Math.ceil(this.#size * quantile) - 1;
    return this.#size === 0 ? 0 : (this.#sorted[rank] as number) - this.baseUs;
  }

  /** Interarrival jitter after RFC 3550, appendix A.8, µs. */
  get jitterUs(): number {
    return this.#jitterUs;
  }

  /** Takes note of a packet. */
  observe(arrivalUs: number, transitUs: number): void {
    const change = Math.abs(transitUs - this.#lastTransit);
    if (change >= 0) this.#jitterUs += (change - this.#jitterUs) / 16;
    this.#lastTransit = transitUs;
    if (transitUs < this.baseUs - shortCutUs) this.#size = 0;
    while (this.#size === capacity || (this.#size > kept && arrivalUs - (this.#arrivals[this.#oldest] as number) > windowUs))
      this.#forget();
    const slot = (this.#oldest + this.#size) % capacity;
    this.#arrivals[slot] = arrivalUs;
    this.#transits[slot] = transitUs;
    const place = this.#rank(transitUs);
    this.#sorted.copyWithin(place + 1, place, this.#size);
    this.#sorted[place] = transitUs;
    this.#size++;
  }

  /** Forgets all packets: another sender. */
  reset(): void {
    this.#size = 0;
    this.#lastTransit = Number.NaN;
  }

  #forget(): void {
    const place = this.#rank(this.#transits[this.#oldest] as number);
    this.#sorted.copyWithin(place, place + 1, this.#size);
    this.#oldest = (this.#oldest + 1) % capacity;
    this.#size--;
  }

  /** How many are smaller. */
  #rank(transitUs: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as number) < transitUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
