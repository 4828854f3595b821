import type { EnergyVad, EnergyVadOptions } from "@remotemedia/core";
import { canonical } from "./canonical.ts";
import { checkLength } from "./formats.ts";
import { createNoiseFloor } from "./noise-floor.ts";

/** Writes Σx² of `frames` consecutive analysis frames that start at `offset` into `sums`; at most {@link framesAtOnce} of them. */
export type FrameEnergies = (samples: Float32Array, offset: number, frameLength: number, frames: number, sums: Float64Array) => void;

/** Most analysis frames in one call of a runtime's {@link FrameEnergies}. */
export const framesAtOnce = 64;

/** Longest analysis frame: one second at 16 kHz, far beyond what voice detection uses; it bounds the kernel's scratch. */
export const longestFrame = 16_384;

const sums = new Float64Array(framesAtOnce);

/**
 * The energy voice detector of both runtimes, over their Σx² kernel: the decision is made here alone, so runtimes cannot disagree.
 * A frame is speech when its RMS is at least `threshold` and above `floorRatio` × the noise floor (see `createNoiseFloor`).
 */
export function createEnergyVad(options: EnergyVadOptions, energies: FrameEnergies): EnergyVad {
  const { frameLength, threshold, floorRatio } = options;
  if (!Number.isInteger(frameLength) || frameLength < 1 || frameLength > longestFrame) {
    throw new RangeError(`frameLength must be 1 to ${longestFrame} samples, got ${frameLength}`);
  }
  const noise = createNoiseFloor();
  const partial = new Float32Array(frameLength);
  let held = 0;

  /** Moves up to `count` samples into the partial frame and says how many. */
  const hold = (samples: Float32Array, offset: number, count: number): number => {
    const taken = Math.min(count, frameLength - held);
    for (let index = 0; index < taken; index++) partial[held + index] = samples[offset + index] as number;
    held += taken;
    return taken;
  };

  const decide = (sum: number, index: number, decisions: Uint8Array, levels: Float32Array): void => {
    const rms = canonical(Math.sqrt(sum / frameLength));
    noise.observe(rms);
    decisions[index] = rms >= threshold && (floorRatio === 0 || rms > floorRatio * noise.floor) ? 1 : 0;
    levels[index] = rms;
  };

  return {
    process(samples, count, decisions, levels) {
      checkLength(samples, count);
      checkLength(decisions, Math.floor((held + count) / frameLength));
      checkLength(levels, Math.floor((held + count) / frameLength));
      let written = 0;
      let at = held > 0 ? hold(samples, 0, count) : 0;
      if (held === frameLength) {
        energies(partial, 0, frameLength, 1, sums);
        decide(sums[0] as number, written++, decisions, levels);
        held = 0;
      }
      while (count - at >= frameLength) {
        const frames = Math.min(framesAtOnce, Math.floor((count - at) / frameLength));
        energies(samples, at, frameLength, frames, sums);
        for (let frame = 0; frame < frames; frame++) decide(sums[frame] as number, written++, decisions, levels);
        at += frames * frameLength;
      }
      hold(samples, at, count - at);
      return written;
    },
    get floor() {
      return noise.floor;
    },
    reset() {
      held = 0;
      noise.reset();
    },
    close() {},
  };
}
