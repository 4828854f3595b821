import { sin } from "../math/sin-cos.ts";
import { createKaiserWindow } from "./filter.ts";

/** Samples that an interpolated one is made from: 7 before the one that it lies at or behind, that one, and 8 after. */
export const interpolationTaps = 16;

/** Places between two samples for which there are coefficients; between them they are interpolated linearly, which errs by −134 dB. */
export const interpolationPhases = 512;

/** Kaiser's β for −133 dB with 16 taps when signal and image lie 0.54 of the rate apart. */
const beta = 13.7;

let table: Float32Array | undefined;

/**
 * `(phases + 1) × taps` coefficients of a Kaiser-windowed sinc, for band-limited interpolation (J. O. Smith and P. Gossett, "A flexible
 * sampling-rate conversion method", 1984). The same for all rates, because the signal's band is always the same part of its rate.
 */
export function interpolationTable(): Float32Array {
  table ??= createTable();
  return table;
}

function createTable(): Float32Array {
  const window = createKaiserWindow(beta);
  const half = interpolationTaps / 2;
  const result = new Float32Array((interpolationPhases + 1) * interpolationTaps);
  for (let phase = 0; phase <= interpolationPhases; phase++) {
    const fraction = phase / interpolationPhases;
    const sine = sin(Math.PI * fraction) / Math.PI;
    for (let tap = 0; tap < interpolationTaps; tap++) {
      const time = tap - (half - 1) - fraction;
      // sin(π·time) is that of the fraction, its sign alternating with the tap.
      const sinc = time === 0 ? 1 : ((tap & 1) === 1 ? -sine : sine) / time;
      result[phase * interpolationTaps + tap] = sinc * window(time / half);
    }
  }
  return result;
}
