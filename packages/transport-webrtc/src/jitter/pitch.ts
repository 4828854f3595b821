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
 * The lag at which the first `window` samples resemble most those `lag` samples further on: normalized cross-correlation, first at 8 kHz, then
 * around the best in full. The signal must be `window + maxLag` long.
 */
export function findLag(signal: Float32Array, window: number, minLag: number, maxLag: number): Likeness {
  decimate(signal, window + maxLag);
  const rough = best(coarse, Math.floor(window / factor), Math.ceil(minLag / factor), Math.floor(maxLag / factor));
  const middle = rough.lag * factor;
  return best(signal, window, Math.max(minLag, middle - factor), Math.min(maxLag, middle + factor));
}

/** Means of neighbors: a low-pass good enough for a first look. */
function decimate(signal: Float32Array, length: number): void {
  const count = Math.floor(length / factor);
  for (let i = 0, at = 0; i < count; i++) {
    let sum = 0;
    for (const end = at + factor; at < end; at++) sum += signal[at] as number;
    coarse[i] = sum;
  }
}

function best(signal: Float32Array, window: number, minLag: number, maxLag: number): Likeness {
  const own = dot(signal, 0, 0, window);
  let [lag, correlation] = [minLag, -1];
  for (let candidate = minLag; candidate <= maxLag; candidate++) {
    const energy = own * dot(signal, candidate, candidate, window);
    const likeness = energy > 0 ? dot(signal, 0, candidate, window) / Math.sqrt(energy) : 0;
    if (likeness > correlation) [lag, correlation] = [candidate, likeness];
  }
  return { lag, correlation };
}

function dot(signal: Float32Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (signal[a + i] as number) * (signal[b + i] as number);
  return sum;
}
