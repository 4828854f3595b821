/** Where a signal resembles itself. */
export interface Likeness {
  /** Distance in samples. */
  readonly lag: number;
  /** Normalized correlation over the window, −1 to 1. */
  readonly correlation: number;
}

// 8 kHz: enough to find the pitch of a voice, and 36 times cheaper than at 48 kHz.
const factor = 6;
const coarse = new Float32Array(512);

/**
 * The lag at which `window` samples from `at` resemble most those `lag` samples further on (`direction` 1) or back (−1): normalized
 * cross-correlation, first at 8 kHz, then around the best in full. All of the signal that is compared must lie in it.
 */
export function findLag(signal: Float32Array, at: number, window: number, minLag: number, maxLag: number, direction: 1 | -1): Likeness {
  const start = direction === 1 ? at : at - maxLag;
  decimate(signal, start, window + maxLag);
  const from = direction === 1 ? 0 : Math.floor(maxLag / factor);
  const rough = best(coarse, from, Math.floor(window / factor), Math.ceil(minLag / factor), Math.floor(maxLag / factor), direction);
  const middle = rough.lag * factor;
  return best(signal, at, window, Math.max(minLag, middle - factor), Math.min(maxLag, middle + factor), direction);
}

/** Means of neighbors: a low-pass good enough for a first look. */
function decimate(signal: Float32Array, start: number, length: number): void {
  const count = Math.floor(length / factor);
  for (let i = 0, at = start; i < count; i++) {
    let sum = 0;
    for (const end = at + factor; at < end; at++) sum += signal[at] as number;
    coarse[i] = sum;
  }
}

function best(signal: Float32Array, at: number, window: number, minLag: number, maxLag: number, direction: 1 | -1): Likeness {
  const own = dot(signal, at, at, window);
  let lag = minLag;
  let correlation = -1;
  for (let candidate = minLag; candidate <= maxLag; candidate++) {
    const other = at + direction * candidate;
    const energy = own * dot(signal, other, other, window);
    const likeness = energy > 0 ? dot(signal, at, other, window) / Math.sqrt(energy) : 0;
    if (likeness > correlation) {
      correlation = likeness;
      lag = candidate;
    }
  }
  return { lag, correlation };
}

function dot(signal: Float32Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (signal[a + i] as number) * (signal[b + i] as number);
  return sum;
}
