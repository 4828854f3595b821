/** Where sound begins and ends in samples: latencies are measured on the waveform, not by what somebody says of it. */

/** Full scale is 1: −40 dB. */
const threshold = 0.01;

/** The first loud sample from a position on; undefined if there is none. */
export function firstLoud(samples: Float32Array, from = 0): number | undefined {
  const at = samples.subarray(from).findIndex((sample) => Math.abs(sample) > threshold);
  return at < 0 ? undefined : from + at;
}

/** One behind the last loud sample; 0 if there is none. */
export function endOfLoud(samples: Float32Array): number {
  return samples.findLastIndex((sample) => Math.abs(sample) > threshold) + 1;
}
