/** A sound that is found again after codecs, resamplers and jitter buffers have changed it: a linear chirp, by matched filtering. */

/** Hz; a pipeline that hears at 8 kHz lets it pass, and codecs for speech keep it. */
const band = { from: 600, to: 3_400 };
const seconds = 0.2;
const peak = 0.5;
const edgeSeconds = 0.01;
/** For the search; above twice the band. */
const coarseRate = 8_000;
/** Noise and speech resemble it less; a chirp that a jitter buffer has cut and stretched resembles itself more. */
const leastLikeness = 0.35;

/** A chirp of 0.2 s at −6 dB. */
export function chirp(sampleRate: number, sin: (x: number) => number): Float32Array {
  const edge = edgeSeconds * sampleRate;
  const samples = new Float32Array(Math.round(seconds * sampleRate));
  for (let i = 0; i < samples.length; i++) {
    const time = i / sampleRate;
    const cycles = band.from * time + ((band.to - band.from) * time * time) / (2 * seconds);
    const fade = Math.min(1, i / edge, (samples.length - 1 - i) / edge);
    samples[i] = peak * fade * sin(2 * Math.PI * (cycles % 1));
  }
  return samples;
}

/** Where in `heard` the chirp begins, in samples; undefined if it is not in there. Both at a multiple of 8 kHz. */
export function findChirp(heard: Float32Array, sent: Float32Array, sampleRate: number): number | undefined {
  const step = Math.floor(sampleRate / coarseRate);
  const coarse = mostAlike(decimated(heard, step), decimated(sent, step));
  if (coarse === undefined || coarse.likeness < leastLikeness) return undefined;
  const start = Math.max(0, (coarse.at - 2) * step);
  const fine = mostAlike(heard.subarray(start, start + sent.length + 4 * step), sent);
  return start + (fine?.at ?? 2 * step);
}

/** The place where samples resemble a pattern most: normalized cross-correlation, so that loudness does not matter. */
function mostAlike(samples: Float32Array, pattern: Float32Array): { readonly at: number; readonly likeness: number } | undefined {
  const patternEnergy = energyOf(pattern);
  let best: { at: number; likeness: number } | undefined;
  let energy = energyOf(samples.subarray(0, pattern.length));
  for (let at = 0; at + pattern.length <= samples.length; at++) {
    const likeness = dot(samples, at, pattern) / Math.sqrt(Math.max(energy * patternEnergy, 1e-9));
    if (likeness > (best?.likeness ?? 0)) best = { at, likeness };
    const [leaves, comes] = [samples[at]!, samples[at + pattern.length] ?? 0];
    energy += comes * comes - leaves * leaves;
  }
  return best;
}

function dot(samples: Float32Array, at: number, pattern: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < pattern.length; i++) sum += samples[at + i]! * pattern[i]!;
  return sum;
}

const energyOf = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0);

/** Means of `step` samples: enough of a low-pass to search by. */
function decimated(samples: Float32Array, step: number): Float32Array {
  const result = new Float32Array(Math.floor(samples.length / step));
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let j = 0; j < step; j++) sum += samples[i * step + j]!;
    result[i] = sum / step;
  }
  return result;
}
