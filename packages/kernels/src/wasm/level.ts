import type { FrameEnergies } from "../energy-vad.ts";
import type { Measure } from "../level.ts";
import type { SampleExports } from "./sample-exports.ts";
import { areaSamples, type Scratch } from "./scratch.ts";

/** What `level` needs of one block. */
export function createMeasure(kernels: SampleExports, scratch: Scratch): Measure {
  return (data, offset, count, result) => {
    scratch.copyIn(scratch.first, data, offset, count);
    kernels.measure(scratch.first, count, scratch.second);
    scratch.copyOut(scratch.second, result, 0, 2);
  };
}

/** What the voice detector needs, as many analysis frames at a time as fit into the scratch. */
export function createFrameEnergies(kernels: SampleExports, scratch: Scratch): FrameEnergies {
  return (samples, offset, frameLength, frames, sums) => {
    const block = Math.floor(areaSamples / frameLength);
    for (let done = 0; done < frames; done += block) {
      const count = Math.min(block, frames - done);
      scratch.copyIn(scratch.first, samples, offset + done * frameLength, count * frameLength);
      kernels.frameEnergies(scratch.first, frameLength, count, scratch.second);
      scratch.copyOut(scratch.second, sums, done, count);
    }
  };
}
