import { fileURLToPath } from "node:url";

/** Samples of one frame, by the argument of every contestant: its bytes. */
export const SAMPLES = Number(process.argv[2]) / 4;
export const RATE = 48_000;
export const PYTHON = process.env.REMOTEMEDIA_PYTHON ?? "/usr/bin/python3";
export const script = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Sound that is never zero, so that a result which nobody wrote shows. */
export const sound = () => Float32Array.from({ length: SAMPLES }, (_, index) => ((index % 100) + 1) / 128);

/** Half of the work would be fast. */
export function check(result, given) {
  if (result.length !== given.length) throw new Error(`${result.length} samples came back of ${given.length}`);
  for (const at of [0, given.length >> 1, given.length - 1])
    if (result[at] !== given[at] / 2) throw new Error(`sample ${at} is ${result[at]}, not half of ${given[at]}`);
}
