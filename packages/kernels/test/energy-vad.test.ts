import { describe, expect, it } from "vitest";
import { createEnergyVad } from "../src/energy-vad.ts";
import { frameEnergies } from "../src/reference/level.ts";
import { noise } from "./random.ts";

const frameLength = 480;
const options = { frameLength, threshold: 0.01, floorRatio: 2.5 };

/** Noise whose level changes from frame to frame. */
function scene(levels: readonly number[]): Float32Array {
  const samples = noise(levels.length * frameLength);
  return samples.map((x, index) => x * (levels[Math.floor(index / frameLength)] ?? 0) * Math.sqrt(3));
}

function frames(count: number, level: number): number[] {
  return Array.from({ length: count }, () => level);
}

function decide(levels: readonly number[], settings = options): string {
  const vad = createEnergyVad(settings, frameEnergies);
  const decisions = new Uint8Array(levels.length);
  vad.process(scene(levels), levels.length * frameLength, decisions, new Float32Array(levels.length));
  return decisions.join("");
}

describe("the energy voice detector", () => {
  it("finds speech above the threshold in quiet surroundings", () => {
    expect(decide([...frames(5, 0.001), ...frames(4, 0.2), ...frames(3, 0.001)])).toBe("000001111000");
  });

  it("finds speech at the very start, before it knows the noise", () => {
    expect(decide(frames(6, 0.2))).toBe("111111");
  });

  it("learns steady noise above the threshold within 12 frames and still finds speech in it", () => {
    const decisions = decide([...frames(30, 0.05), ...frames(10, 0.3), ...frames(10, 0.05)]);
    expect(decisions.slice(12)).toBe("0".repeat(18) + "1".repeat(10) + "0".repeat(10));
  });

  it("is not deafened by five seconds of speech with a pause in each", () => {
    const second = [...frames(30, 0.3), ...frames(3, 0.03)];
    const decisions = decide([...frames(12, 0.03), ...second, ...second, ...second, ...second, ...second]);
    expect(decisions.slice(12)).toBe(`${"1".repeat(30)}000`.repeat(5));
  });

  it("takes a louder noise for speech only until the quieter past is forgotten", () => {
    const decisions = decide([...frames(24, 0.02), ...frames(120, 0.1)]);
    expect(decisions.slice(24, 24 + 80)).toBe("1".repeat(80));
    expect(decisions.slice(24 + 96)).toBe("0".repeat(24));
  });

  it("looks at the threshold alone when the floor is turned off", () => {
    expect(decide([...frames(30, 0.05), ...frames(3, 0.001)], { ...options, floorRatio: 0 })).toBe(`${"1".repeat(30)}000`);
  });

  it("does not take NaN for speech, and hears the speech that comes after it", () => {
    const vad = createEnergyVad(options, frameEnergies);
    const decisions = new Uint8Array(20);
    const levels = new Float32Array(20);
    vad.process(new Float32Array(20 * frameLength).fill(Number.NaN), 20 * frameLength, decisions, levels);
    expect(decisions.includes(1)).toBe(false);
    expect(levels[0]).toBeNaN();
    expect(vad.process(scene(frames(3, 0.2)), 3 * frameLength, decisions, levels)).toBe(3);
    expect([...decisions.subarray(0, 3)]).toEqual([1, 1, 1]);
  });

  it("holds a partial frame until it is complete and forgets it on reset", () => {
    const vad = createEnergyVad(options, frameEnergies);
    const decisions = new Uint8Array(1);
    const levels = new Float32Array(1);
    const half = new Float32Array(240).fill(0.5);
    expect(vad.process(half, 240, decisions, levels)).toBe(0);
    vad.reset();
    expect(vad.process(half, 240, decisions, levels)).toBe(0);
    expect(vad.process(half, 240, decisions, levels)).toBe(1);
    expect([decisions[0], levels[0]]).toEqual([1, 0.5]);
    vad.close();
  });

  it("reports the floor", () => {
    const vad = createEnergyVad(options, frameEnergies);
    expect(vad.floor).toBe(0);
    vad.process(scene(frames(12, 0.05)), 12 * frameLength, new Uint8Array(12), new Float32Array(12));
    expect(vad.floor).toBeCloseTo(0.05, 2);
    vad.reset();
    expect(vad.floor).toBe(0);
  });
});
