/** Sounds to encode. */

/** Something like speech: a voice with a wandering pitch and syllables, and hiss between them. */
export function voice(samples: number, sampleRate: number): Float32Array {
  const noise = random(7);
  let phase = 0;
  return Float32Array.from({ length: samples }, (_, i) => {
    const t = i / sampleRate;
    phase += ((130 + 30 * Math.sin(3 * t)) / sampleRate) * 2 * Math.PI;
    let buzz = 0;
    for (let k = 1; k < 12; k++) buzz += Math.sin(k * phase) / k;
    const loud = Math.max(0, Math.sin(6 * Math.PI * t));
    return 0.15 * buzz * loud + 0.02 * noise() * (1 - loud);
  });
}

/** A sine. */
export const tone = (samples: number, sampleRate: number, hertz: number, level = 0.5): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => level * Math.sin((2 * Math.PI * hertz * i) / sampleRate));

/** Numbers between -1 and 1, the same for each seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

/** Signal to noise in dB after shifting by the delay, up to `reach` samples, that fits best; and that delay. */
export function likeness(original: Float32Array, copy: Float32Array, reach: number): { readonly snr: number; readonly delay: number } {
  let best = { snr: Number.NEGATIVE_INFINITY, delay: 0 };
  const from = Math.floor(original.length / 4);
  for (let delay = 0; delay <= reach; delay++) {
    let [signal, error] = [0, 1e-12];
    for (let i = from; i < original.length - reach; i++) {
      signal += original[i]! ** 2;
      error += (original[i]! - copy[i + delay]!) ** 2;
    }
    const snr = 10 * Math.log10(signal / error);
    if (snr > best.snr) best = { snr, delay };
  }
  return best;
}

/** Root mean square. */
export const level = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
