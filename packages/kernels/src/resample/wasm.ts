import type { Resampler, ResamplerOptions } from "@remotemedia/core";
import type { LinearMemory } from "../wasm/linear-memory.ts";
import { createCopy } from "./copy.ts";
import { interpolationPhases, interpolationTable, interpolationTaps } from "./interpolation-table.ts";
import { planResampling, type ResamplePlan } from "./plan.ts";
import { createStream, type ResampleEngine } from "./stream.ts";

/** What assembly/resample.ts exports. */
interface ResampleExports {
  resamplePair(plan: number, source: number, target: number): void;
  interpolate(
    source: number,
    target: number,
    count: number,
    remainder: number,
    numerator: number,
    denominator: number,
    table: number,
    phases: number,
  ): void;
}

/** A resampler in SIMD WebAssembly. */
export function createWasmResampler(memory: LinearMemory, options: ResamplerOptions): Resampler {
  if (options.inputRate === options.outputRate) return createCopy(options.channels);
  const plan = planResampling(options);
  return createStream(plan, options.channels, options.inputRate, createEngine(memory, plan));
}

function createEngine(memory: LinearMemory, plan: ResamplePlan): ResampleEngine {
  const functions = memory.exports as unknown as ResampleExports;
  const tables = holdTables(memory, plan);
  const slabs: number[] = [];
  const step = plan.interpolation;
  return {
    get floats() {
      return memory.floats;
    },
    allocate(length) {
      const pointer = memory.alloc(4 * length);
      slabs.push(pointer);
      return pointer / 4;
    },
    transform: (source, target) => functions.resamplePair(tables.plan, 4 * source, 4 * target),
    interpolate(source, remainder, target, count) {
      if (!step) return;
      const first = 4 * (source - (interpolationTaps / 2 - 1));
      const { stepNumerator, stepDenominator } = step;
      functions.interpolate(first, 4 * target, count, remainder, stepNumerator, stepDenominator, tables.interpolation, interpolationPhases);
    },
    close() {
      for (const pointer of slabs.splice(0)) memory.free(pointer);
      tables.release();
    },
  };
}

/** A plan's tables and scratch in linear memory: read-only or only used within a call, so that all streams with the plan share them. */
interface Tables {
  holders: number;
  readonly plan: number;
  readonly interpolation: number;
  release(): void;
}

const shared = new WeakMap<LinearMemory, Map<ResamplePlan, Tables>>();

function holdTables(memory: LinearMemory, plan: ResamplePlan): Tables {
  const known = shared.get(memory) ?? new Map<ResamplePlan, Tables>();
  shared.set(memory, known);
  const tables = known.get(plan) ?? writeTables(memory, plan, () => known.delete(plan));
  known.set(plan, tables);
  tables.holders++;
  return tables;
}

/** Everything of a plan lies in one slab: the fields of `Plan` in assembly/resample.ts, and what they point to. */
function writeTables(memory: LinearMemory, { transform, interpolation }: ResamplePlan, forget: () => void): Tables {
  const { forward, inverse, hopIn, hopOut, lead } = transform;
  const weights = arrangeWeights(transform.weights);
  const table = interpolation ? interpolationTable() : new Float32Array(0);
  const buffer = new Float32Array(2 * Math.max(forward.length, inverse.length));
  const parts = [weights, forward.radices.slice(1), forward.twiddles, inverse.radices.slice(1), inverse.twiddles, buffer, buffer, table];
  const fields = [forward.length, inverse.length, hopOut, 4 * hopIn, 4 * lead, weights.length / 8];
  // Whole vectors each, so that all begin at one.
  const vectors = (values: { readonly length: number }): number => 16 * Math.ceil(values.length / 4);
  const headBytes = vectors({ length: fields.length + parts.length });
  const plan = memory.alloc(parts.reduce((bytes, part) => bytes + vectors(part), headBytes));
  let pointer = plan + headBytes;
  for (const part of parts) {
    fields.push(pointer);
    if (part instanceof Float32Array) memory.floats.set(part, pointer / 4);
    else memory.ints.set(part, pointer / 4);
    pointer += vectors(part);
  }
  memory.ints.set(fields, plan / 4);
  return {
    holders: 0,
    plan,
    interpolation: fields.at(-1) as number,
    release() {
      if (--this.holders > 0) return;
      memory.free(plan);
      forget();
    },
  };
}

/** Ascending from bin 0 and, behind them, ascending to bin −1: whole vectors each. */
function arrangeWeights(weights: Float32Array): Float32Array {
  const half = 4 * Math.ceil(weights.length / 4);
  const arranged = new Float32Array(2 * half);
  arranged.set(weights);
  for (let bin = 1; bin < weights.length; bin++) arranged[2 * half - bin] = weights[bin] as number;
  return arranged;
}
