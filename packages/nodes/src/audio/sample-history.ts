/** The last samples of a stream, planar, by their position in it. */
export class SampleHistory {
  readonly #channels: number;
  readonly #keep: number;
  #capacity = 0;
  #ring = new Float32Array(0);
  /** Samples per channel that were pushed. */
  end = 0;

  /** @param keep how many samples per channel must stay when others come */
  constructor(channels: number, keep: number) {
    this.#channels = channels;
    this.#keep = keep;
  }

  /** The first position that is still held. */
  get start(): number {
    return Math.max(0, this.end - this.#capacity);
  }

  /** Takes `count` samples per channel. */
  push(data: Float32Array, count: number): void {
    if (this.#keep + count > this.#capacity) this.#grow(this.#keep + count);
    for (let channel = 0; channel < this.#channels; channel++) {
      const plane = channel * this.#capacity;
      for (let done = 0; done < count; ) {
        const at = (this.end + done) % this.#capacity;
        const run = Math.min(count - done, this.#capacity - at);
        copyRun(data, channel * count + done, this.#ring, plane + at, run);
        done += run;
      }
    }
    this.end += count;
  }

  /** Copies the samples from position `from` to `to` (exclusive) into the planes of `target`. */
  copy(from: number, to: number, target: Float32Array): void {
    const count = to - from;
    for (let channel = 0; channel < this.#channels; channel++) {
      const plane = channel * this.#capacity;
      for (let done = 0; done < count; ) {
        const at = (from + done) % this.#capacity;
        const run = Math.min(count - done, this.#capacity - at);
        copyRun(this.#ring, plane + at, target, channel * count + done, run);
        done += run;
      }
    }
  }

  #grow(capacity: number): void {
    const start = this.start;
    const held = new Float32Array(this.#channels * (this.end - start));
    if (held.length > 0) this.copy(start, this.end, held);
    const end = this.end;
    this.#capacity = capacity;
    this.#ring = new Float32Array(this.#channels * capacity);
    this.end = start;
    if (held.length > 0) this.push(held, end - start);
  }
}

// Not `set` of a `subarray`: the view would be more garbage than all the rest of a frame.
function copyRun(source: Float32Array, from: number, target: Float32Array, to: number, count: number): void {
  for (let index = 0; index < count; index++) target[to + index] = source[from + index] as number;
}
