import { describe, expect, it } from "vitest";
import { instantiate, type LinearMemory } from "../src/wasm/linear-memory.ts";
import { createSlabAllocator } from "../src/wasm/slab-allocator.ts";

const refuseGrowth = (): number => {
  throw new RangeError("full");
};

describe("the slab allocator", () => {
  it("gives aligned slabs that do not overlap", () => {
    const slabs = createSlabAllocator(1024, 65_536, refuseGrowth);
    const held = Array.from({ length: 50 }, (_, index) => ({ at: slabs.alloc(index * 7), bytes: index * 7 }));
    held.sort((a, b) => a.at - b.at);
    for (const [index, slab] of held.entries()) {
      expect(slab.at % 16).toBe(0);
      const next = held[index + 1];
      if (next) expect(slab.at + slab.bytes).toBeLessThanOrEqual(next.at);
    }
  });

  it("joins freed neighbors, in whatever order they are freed, and gives the whole space again", () => {
    const slabs = createSlabAllocator(0, 4096, refuseGrowth);
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const held = [1024, 1024, 1024, 1024].map((bytes) => slabs.alloc(bytes));
      expect(() => slabs.alloc(1)).toThrow("full");
      for (const index of order) slabs.free(held[index] as number);
      expect(slabs.bytesInUse).toBe(0);
      slabs.free(slabs.alloc(4096));
    }
  });

  it("uses a hole again before it takes new space", () => {
    const slabs = createSlabAllocator(0, 4096, refuseGrowth);
    const first = slabs.alloc(512);
    slabs.alloc(512);
    slabs.free(first);
    expect(slabs.alloc(256)).toBe(first);
    expect(slabs.alloc(256)).toBe(first + 256);
  });

  it("asks only for what is missing at the top", () => {
    const asked: number[] = [];
    let top = 1024;
    const slabs = createSlabAllocator(0, top, (bytes) => {
      asked.push(bytes);
      top += bytes;
      return top;
    });
    slabs.alloc(512);
    expect(slabs.alloc(2048)).toBe(512);
    expect(asked).toEqual([1536]);
  });

  it("refuses a double free, a stray pointer and a size that is no number", () => {
    const slabs = createSlabAllocator(0, 4096, refuseGrowth);
    const pointer = slabs.alloc(16);
    slabs.free(pointer);
    expect(() => slabs.free(pointer)).toThrow("freed twice");
    expect(() => slabs.free(1)).toThrow("not a slab");
    expect(() => slabs.alloc(Number.NaN)).toThrow("number of bytes");
  });
});

describe("the linear memory", () => {
  it("starts with at most 2 MiB", async () => {
    const memory = (await instantiate()) as LinearMemory;
    expect(memory.bytes.length).toBeLessThanOrEqual(2 * 2 ** 20);
  });

  it("refreshes its views when it grows and keeps what was written", async () => {
    const memory = (await instantiate()) as LinearMemory;
    const small = memory.alloc(4);
    memory.f32(small, 1)[0] = 0.25;
    const { generation } = memory;
    const large = memory.alloc(3 * 2 ** 20);
    expect(memory.generation).toBe(generation + 1);
    expect(memory.floats[small >> 2]).toBe(0.25);
    memory.f32(large, 786_432).fill(1);
    expect(memory.bytesInUse).toBe(16 + 3 * 2 ** 20);
    memory.free(large);
    memory.alloc(3 * 2 ** 20);
    expect(memory.generation).toBe(generation + 1);
  });

  it("says so when it cannot grow any further", async () => {
    const memory = (await instantiate()) as LinearMemory;
    expect(() => memory.alloc(2 ** 31)).toThrow(RangeError);
  });
});
