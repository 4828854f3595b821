import { describe, expect, it } from "vitest";
import { exp } from "../src/math/exp.ts";
import { log } from "../src/math/log.ts";
import { cos, sin } from "../src/math/sin-cos.ts";
import goldenBits from "./math-golden.json" with { type: "json" };
import { noise } from "./random.ts";

const count = 100_000;
const uniform = noise(count);

/** The largest of `error` over random arguments in ±scale, with as many near 0 as far from it. */
function worst(scale: number, error: (x: number) => number): number {
  return uniform.reduce((most, x) => Math.max(most, error(x * scale), error(x ** 3 * scale), error(x ** 15 * scale)), 0);
}

const relative = (actual: number, expected: number): number => (actual === expected ? 0 : Math.abs((actual - expected) / expected));

describe("portable math", () => {
  // The oracle is itself wrong by up to half a unit in the last place, and that is within the bound.
  it("keeps sine and cosine within 1e-15 for |x| up to 1e5", () => {
    expect(worst(1e5, (x) => Math.abs(sin(x) - Math.sin(x)))).toBeLessThan(1e-15);
    expect(worst(1e5, (x) => Math.abs(cos(x) - Math.cos(x)))).toBeLessThan(1e-15);
  });

  it("keeps sine relatively exact near its zeros", () => {
    for (let turns = 1; turns < 30_000; turns += 7) expect(relative(sin(turns * Math.PI), Math.sin(turns * Math.PI))).toBeLessThan(1e-15);
  });

  it("keeps eˣ within a relative 1e-15 over all normal results", () => {
    expect(worst(708, (x) => relative(exp(x), Math.exp(x)))).toBeLessThan(1e-15);
  });

  it("keeps the logarithm within a relative 1e-15, from denormals to the largest number", () => {
    expect(worst(1, (x) => relative(log(1 + x / 2), Math.log(1 + x / 2)))).toBeLessThan(1e-15);
    expect(worst(744, (x) => relative(log(Math.exp(Math.min(x, 709))), Math.log(Math.exp(Math.min(x, 709)))))).toBeLessThan(1e-15);
  });

  it("gives what IEEE 754 asks for at the ends", () => {
    expect([sin(0), sin(-0), sin(Infinity), cos(-Infinity), sin(Number.NaN)]).toEqual([0, -0, Number.NaN, Number.NaN, Number.NaN]);
    expect([cos(0), cos(-0), sin(5e-324)]).toEqual([1, 1, 5e-324]);
    expect([exp(0), exp(-Infinity), exp(Infinity), exp(710), exp(-746), exp(Number.NaN)]).toEqual([
      1,
      0,
      Infinity,
      Infinity,
      0,
      Number.NaN,
    ]);
    expect([log(1), log(0), log(-0), log(-1), log(Infinity), log(Number.NaN)]).toEqual([
      0,
      -Infinity,
      -Infinity,
      Number.NaN,
      Infinity,
      Number.NaN,
    ]);
    expect([exp(-745), exp(709.78), log(5e-324)]).toEqual([5e-324, Math.exp(709.78), Math.log(5e-324)]);
  });

  it("stays bounded far outside the promised range", () => {
    for (const x of [1e6, 1e9, 1e22, 1.7e308]) expect(Math.abs(sin(x))).toBeLessThanOrEqual(1);
    expect(sin(1e7)).toBeCloseTo(Math.sin(1e7), 8);
  });

  it("gives the recorded bits on this engine", () => {
    expect(recordBits()).toEqual(goldenBits);
  });
});

/** Some results bit by bit, and an FNV-1a hash over many, to be compared between engines. */
function recordBits(): Record<string, string[]> {
  const some = [0.001, 0.5, 0.7853981633974483, 1, 2, 3.141592653589793, 10, 100.25];
  const record = (f: (x: number) => number, step: number, from: number): string[] => [...some.map((x) => hex(f(x))), hash(f, step, from)];
  return {
    sin: record(sin, 10.0003, -1e5),
    cos: record(cos, 10.0003, -1e5),
    exp: record(exp, 0.0701, -700),
    log: record(log, 0.0503, 1e-9),
  };
}

function hash(f: (x: number) => number, step: number, from: number): string {
  let state = 0x811c9dc5;
  const view = new DataView(new ArrayBuffer(8));
  for (let index = 0; index < 20_000; index++) {
    view.setFloat64(0, f(from + index * step));
    for (let byte = 0; byte < 8; byte++) state = Math.imul(state ^ view.getUint8(byte), 0x01000193);
  }
  return (state >>> 0).toString(16).padStart(8, "0");
}

function hex(x: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}
