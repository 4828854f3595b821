import type { Resampler, ResamplerOptions } from "@remotemedia/core";

/** What a tone becomes, in dB relative to it: itself, and everything else (aliases, images, rounding). */
export interface ToneResponse {
  readonly gain: number;
  readonly residue: number;
}

/** A whole stream in blocks of `blockFrames`. */
export function resample(
  resampler: Resampler,
  channels: number,
  input: Float32Array,
  blockFrames: (index: number) => number,
): Float32Array[] {
  const frames = input.length / channels;
  const planes: number[][] = Array.from({ length: channels }, () => []);
  const collect = (block: Float32Array): void => {
    const length = block.length / channels;
    for (const [channel, plane] of planes.entries()) {
      for (let i = 0; i < length; i++) plane.push(block[channel * length + i] as number);
    }
  };
  for (let at = 0, index = 0; at < frames; index++) {
    const count = Math.min(frames - at, blockFrames(index));
    const block = new Float32Array(channels * count);
    for (let channel = 0; channel < channels; channel++) {
      block.set(input.subarray(channel * frames + at, channel * frames + at + count), channel * count);
    }
    const output = new Float32Array(channels * resampler.outputFrames(count));
    resampler.process(block, count, output);
    collect(output);
    at += count;
  }
  const rest = new Float32Array(channels * resampler.flushFrames());
  resampler.flush(rest);
  collect(rest);
  return planes.map((plane) => Float32Array.from(plane));
}

/** Half-second response to a tone of `frequency` Hz, the filter's start and end left out. */
export function toneResponse(create: (options: ResamplerOptions) => Resampler, options: ResamplerOptions, frequency: number): ToneResponse {
  const { inputRate, outputRate } = options;
  const input = Float32Array.from({ length: Math.ceil(inputRate / 2) }, (_, i) =>
    Math.sin((2 * Math.PI * ((frequency * i) % inputRate)) / inputRate + 0.3),
  );
  const resampler = create(options);
  const [output] = resample(resampler, 1, input, () => input.length) as [Float32Array];
  resampler.close();
  const margin = Math.ceil(0.05 * outputRate);
  return fit(output.subarray(margin, output.length - margin), margin, frequency / outputRate);
}

/** Least squares of a sine and a cosine, and what is left. */
function fit(samples: Float32Array, first: number, cyclesPerSample: number): ToneResponse {
  let [cc, cs, ss, xc, xs] = [0, 0, 0, 0, 0];
  const angle = (i: number): number => 2 * Math.PI * (((first + i) * cyclesPerSample) % 1);
  for (let i = 0; i < samples.length; i++) {
    const [x, c, s] = [samples[i] as number, Math.cos(angle(i)), Math.sin(angle(i))];
    cc += c * c;
    cs += c * s;
    ss += s * s;
    xc += x * c;
    xs += x * s;
  }
  const determinant = cc * ss - cs * cs;
  const a = (xc * ss - xs * cs) / determinant;
  const b = (xs * cc - xc * cs) / determinant;
  let left = 0;
  for (let i = 0; i < samples.length; i++) left += ((samples[i] as number) - a * Math.cos(angle(i)) - b * Math.sin(angle(i))) ** 2;
  return { gain: 10 * Math.log10(a * a + b * b), residue: 10 * Math.log10((2 * left) / samples.length) };
}

/** Power of a whole output relative to that of a tone, dB: where a tone above the pass band should vanish. */
export function leakage(create: (options: ResamplerOptions) => Resampler, options: ResamplerOptions, frequency: number): number {
  const { gain, residue } = toneResponse(create, options, frequency);
  return 10 * Math.log10(10 ** (gain / 10) + 10 ** (residue / 10));
}
