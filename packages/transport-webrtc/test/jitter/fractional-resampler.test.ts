import { expect, test } from "vitest";
import { FractionalResampler } from "../../src/jitter/fractional-resampler.ts";

/** Level of the error of a tone that is played faster, against the same tone computed, dB. */
function errorOf(hz: number, ppm: number): number {
  const resampler = new FractionalResampler(1, 960);
  const at = (t: number) => Math.sin((2 * Math.PI * hz * t) / 48_000 + 1);
  let error = 0;
  let given = 0;
  for (let piece = 0; piece < 100; piece++) {
    const input = Float32Array.from({ length: 960 }, (_, i) => at(piece * 960 + i));
    const count = resampler.resample([input], 960, ppm);
    for (let i = 0; i < count; i++, given++) {
      const difference = (resampler.planes[0]?.[i] ?? Number.NaN) - at(given * (1 + ppm * 1e-6));
      if (piece > 0) error += difference * difference;
    }
  }
  return 10 * Math.log10(error / given / 0.5);
}

test.each([
  [300, 200, -75],
  [1000, 200, -75],
  [3000, 500, -62],
  [8000, 200, -55],
  [16_000, 200, -18],
])("a tone of %i Hz at %i ppm is right within %i dB", (hz, ppm, level) => {
  expect(errorOf(hz, ppm)).toBeLessThan(level);
  expect(errorOf(hz, -ppm)).toBeLessThan(level);
});

test("as many samples come out as the speed says, over six minutes", () => {
  const resampler = new FractionalResampler(1, 960);
  let count = 0;
  const pieces = 18_000;
  for (let k = 0; k < pieces; k++) count += resampler.resample([new Float32Array(960)], 960, 250);
  expect(Math.abs(count - (pieces * 960) / 1.00025)).toBeLessThan(10);
});
