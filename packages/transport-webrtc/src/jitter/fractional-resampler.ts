const taps = 12;
const half = taps / 2;
const phases = 64;
// So many samples share a filter: at 500 ppm their places move by 0.004 of a sample, which is 70 dB and more below speech.
const block = 8;

/**
 * Changes the speed of sound by some hundred parts per million: polynomials through 12 samples at 64 phases, linear between them. It begins
 * without delay and without a step at the first sample; the last 6 of a piece come out with the next piece.
 */
export class FractionalResampler {
  readonly #input: readonly Float32Array[];
  readonly #output: readonly Float32Array[];
  // Where the next sample lies, against the first of the next piece.
  #position = 0;
  #step = 1;

  constructor(channels: number, maxFrames: number) {
    this.#input = Array.from({ length: channels }, () => new Float32Array(taps + maxFrames));
    this.#output = Array.from({ length: channels }, () => new Float32Array(maxFrames + taps));
  }

  /** What {@link resample} made; overwritten by the next. */
  get planes(): readonly Float32Array[] {
    return this.#output;
  }

  /** Takes in a piece, `ppm` faster than it was; gives the number of samples that come out. */
  resample(planes: readonly Float32Array[], frames: number, ppm: number): number {
    this.#step = 1 + ppm * 1e-6;
    let count = 0;
    for (let c = 0; c < planes.length; c++) {
      const input = this.#input[c] as Float32Array;
      const plane = planes[c] as Float32Array;
      input.set(plane.length === frames ? plane : plane.subarray(0, frames), taps);
      count = interpolate(input, this.#output[c] as Float32Array, this.#position, this.#step, frames - half);
      input.copyWithin(0, frames, frames + taps);
    }
    this.#position += count * this.#step - frames;
    return count;
  }
}

/**
 * Interpolates from `position` in steps to before `end`, both against the piece that begins after the first taps of the input. Written out
 * tap by tap: a loop costs three times as much.
 */
function interpolate(input: Float32Array, output: Float32Array, position: number, step: number, end: number): number {
  const h = filter;
  let count = 0;
  for (let at = position; at < end; at = position + count * step) {
    const middle = at + ((block - 1) / 2) * (step - 1);
    const whole = Math.floor(middle);
    setFilter((middle - whole) * phases);
    const [h0, h1, h2, h3] = [h[0] as number, h[1] as number, h[2] as number, h[3] as number];
    const [h4, h5, h6, h7] = [h[4] as number, h[5] as number, h[6] as number, h[7] as number];
    const [h8, h9, h10, h11] = [h[8] as number, h[9] as number, h[10] as number, h[11] as number];
    const stop = count + Math.min(block, Math.ceil((end - at) / step));
    for (let i = whole + half + 1; count < stop; i++) {
      output[count++] =
        h0 * (input[i] as number) +
        h1 * (input[i + 1] as number) +
        h2 * (input[i + 2] as number) +
        h3 * (input[i + 3] as number) +
        h4 * (input[i + 4] as number) +
        h5 * (input[i + 5] as number) +
        h6 * (input[i + 6] as number) +
        h7 * (input[i + 7] as number) +
        h8 * (input[i + 8] as number) +
        h9 * (input[i + 9] as number) +
        h10 * (input[i + 10] as number) +
        h11 * (input[i + 11] as number);
    }
  }
  return count;
}

function setFilter(phase: number): void {
  const row = Math.floor(phase);
  const weight = phase - row;
  for (let k = 0; k < taps; k++) {
    const value = table[row * taps + k] as number;
    filter[k] = value + weight * ((table[row * taps + taps + k] as number) - value);
  }
}

const filter = new Float64Array(taps);
const table = designFilter();

/** Rows of phases 0 to 1. */
function designFilter(): Float64Array {
  const rows = new Float64Array((phases + 1) * taps);
  for (let i = 0; i < rows.length; i++) rows[i] = weightOf(i % taps, half - 1 + Math.floor(i / taps) / phases);
  return rows;
}

/** The weight of a tap in the polynomial through all taps (Lagrange), at a place between the middle ones. */
function weightOf(tap: number, place: number): number {
  let weight = 1;
  for (let other = 0; other < taps; other++) if (other !== tap) weight *= (place - other) / (tap - other);
  return weight;
}
