import type { SampleArray } from "@remotemedia/core";
import type { LinearMemory } from "./linear-memory.ts";

/** Samples of 4 bytes in one area of the scratch: 64 KiB, so that all areas stay in a core's level-2 cache. */
export const areaSamples = 16_384;

/** Views that are kept: the sizes of the frames of a few pipelines. */
const mostViews = 16;

/** Kernels that round up to whole vectors may touch this much after an area. */
const padding = 32;
const areaBytes = areaSamples * 4 + padding;

/**
 * Three areas of linear memory through which all kernels of a thread work, block by block, so that long inputs do not grow the memory.
 * Calls are synchronous, so one scratch serves every session.
 */
export class Scratch {
  /** Pointers of the areas, {@link areaSamples} samples each. */
  readonly first: number;
  readonly second: number;
  readonly third: number;

  readonly #memory: LinearMemory;
  #views: (SampleArray | Float64Array)[] = [];
  #generation = -1;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
    this.first = memory.alloc(areaBytes);
    this.second = memory.alloc(areaBytes);
    this.third = memory.alloc(areaBytes);
  }

  /** Copies `count` samples of `source` from `offset` to `pointer`. */
  copyIn(pointer: number, source: SampleArray, offset: number, count: number): void {
    const part = offset === 0 && source.length === count ? source : source.subarray(offset, offset + count);
    if (part instanceof Float32Array) this.#memory.floats.set(part, pointer >> 2);
    else if (part instanceof Int16Array) this.#memory.shorts.set(part, pointer >> 1);
    else this.#memory.ints.set(part, pointer >> 2);
  }

  /** Copies `count` samples from `pointer` to `target` at `offset`. */
  copyOut(pointer: number, target: SampleArray | Float64Array, offset: number, count: number): void {
    target.set(this.#viewLike(target, pointer, count), offset);
  }

  /** As `copyIn`, for frames `start` to `start + count` of planes of `frames` samples each; here they lie `count` apart. */
  copyPlanesIn(pointer: number, source: SampleArray, channels: number, frames: number, start: number, count: number): void {
    if (count === frames) {
      this.copyIn(pointer, source, 0, channels * frames);
      return;
    }
    const bytes = count * source.BYTES_PER_ELEMENT;
    for (let channel = 0; channel < channels; channel++) this.copyIn(pointer + channel * bytes, source, channel * frames + start, count);
  }

  /** The inverse of `copyPlanesIn`. */
  copyPlanesOut(pointer: number, target: SampleArray, channels: number, frames: number, start: number, count: number): void {
    if (count === frames) {
      this.copyOut(pointer, target, 0, channels * frames);
      return;
    }
    const bytes = count * target.BYTES_PER_ELEMENT;
    for (let channel = 0; channel < channels; channel++) this.copyOut(pointer + channel * bytes, target, channel * frames + start, count);
  }

  /** A view that was used before, where there is one: live frames have few sizes, and then nothing is allocated. */
  #viewLike(target: SampleArray | Float64Array, pointer: number, count: number): SampleArray | Float64Array {
    if (this.#generation !== this.#memory.generation) this.#views = [];
    this.#generation = this.#memory.generation;
    for (const view of this.#views) {
      if (view.byteOffset === pointer && view.length === count && view.constructor === target.constructor) return view;
    }
    const View = target.constructor as new (buffer: ArrayBufferLike, pointer: number, count: number) => SampleArray | Float64Array;
    const view = new View(this.#memory.bytes.buffer, pointer, count);
    if (this.#views.length === mostViews) this.#views.shift();
    this.#views.push(view);
    return view;
  }
}
