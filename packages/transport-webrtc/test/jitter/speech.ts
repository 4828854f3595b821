/** Recorded speech, and measures of what was made of it. */
import { readFileSync } from "node:fs";

const recording = new URL("../../../../examples/media/sense_and_sensibility_01_austen_64kb-0870.wav", import.meta.url);

/** The recording at 48 kHz. It was made at 16 kHz: above 8 kHz there is nothing, so that every click shows. */
export function readSpeech(): Float32Array {
  const bytes = readFileSync(recording);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + (bytes.length & ~1)));
  const reach = 24;
  const output = new Float32Array(samples.length * 3);
  for (let i = 0; i < output.length; i++) {
    const center = Math.floor(i / 3);
    let sum = 0;
    for (let k = center - reach; k <= center + reach + 1; k++) sum += (samples[k] ?? 0) * windowedSinc(i / 3 - k, reach);
    output[i] = sum / 32768;
  }
  return output;
}

const windowedSinc = (x: number, reach: number): number =>
  x === 0 ? 1 : Math.abs(x) > reach ? 0 : (Math.sin(Math.PI * x) / (Math.PI * x)) * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));

/** Loudest sample above 10 kHz: there clicks have as much as anywhere, and 16 kHz recordings nothing. */
export function loudestClick(signal: Float32Array): number {
  const reach = 32;
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const x = i - reach;
    const cutoff = 10 / 24;
    const low = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x);
    return ((x === 0 ? 1 : 0) - low) * (0.42 + 0.5 * Math.cos((Math.PI * x) / reach) + 0.08 * Math.cos((2 * Math.PI * x) / reach));
  });
  let loudest = 0;
  for (let i = 2 * reach; i < signal.length; i++) {
    let sum = 0;
    for (let k = 0; k <= 2 * reach; k++) sum += (taps[k] as number) * (signal[i - k] as number);
    loudest = Math.max(loudest, Math.abs(sum));
  }
  return loudest;
}

/** Largest second difference: what a step in value or slope gives, and smooth sound does not. */
export function sharpestBend(signal: Float32Array): number {
  let sharpest = 0;
  for (let i = 2; i < signal.length; i++) {
    sharpest = Math.max(sharpest, Math.abs((signal[i] as number) - 2 * (signal[i - 1] as number) + (signal[i - 2] as number)));
  }
  return sharpest;
}

const size = 1024;
const bands = 85;

/** Mean log-spectral distance below 4 kHz in dB over the pieces of 21 ms that are loud enough in the original to be heard. */
export function spectralDistance(original: Float32Array, other: Float32Array): number {
  let sum = 0;
  let count = 0;
  for (let at = 0; at + size <= Math.min(original.length, other.length); at += size) {
    const a = spectrum(original, at);
    if (a.reduce((x, y) => x + y, 0) < 1) continue;
    const b = spectrum(other, at);
    let square = 0;
    for (let k = 1; k < bands; k++) square += (10 * Math.log10(((a[k] as number) + 1e-3) / ((b[k] as number) + 1e-3))) ** 2;
    sum += Math.sqrt(square / (bands - 1));
    count++;
  }
  return sum / count;
}

/** Mean signal-to-noise ratio of pieces of 20 ms, each held between −10 and 35 dB, of those named and loud enough to be heard. */
export function segmentalSnr(original: Float32Array, other: Float32Array, pieces: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const piece of pieces) {
    const at = piece * 960;
    if (at + 960 > other.length) continue;
    let signal = 0;
    let noise = 1e-9;
    for (let i = at; i < at + 960; i++) {
      signal += (original[i] as number) ** 2;
      noise += ((original[i] as number) - (other[i] as number)) ** 2;
    }
    if (signal < 0.01) continue;
    sum += Math.max(-10, Math.min(35, 10 * Math.log10(signal / noise)));
    count++;
  }
  return sum / count;
}

/** Power of the lowest bands of a piece under a Hann window. */
function spectrum(signal: Float32Array, at: number): Float64Array {
  const powers = new Float64Array(bands);
  for (let k = 0; k < bands; k++) {
    let re = 0;
    let im = 0;
    const angle = (2 * Math.PI * k) / size;
    const [stepRe, stepIm] = [Math.cos(angle), Math.sin(angle)];
    let [c, s] = [1, 0];
    for (let i = 0; i < size; i++) {
      const x = (signal[at + i] as number) * (hann[i] as number);
      re += x * c;
      im += x * s;
      [c, s] = [c * stepRe - s * stepIm, c * stepIm + s * stepRe];
    }
    powers[k] = re * re + im * im;
  }
  return powers;
}

const hann = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
