import { afterEach, describe, expect, it, vi } from "vitest";
import { loadKernels, referenceKernels } from "../src/index.ts";
import { instantiate } from "../src/wasm/linear-memory.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("loading the kernels", () => {
  it("gives both runtimes, and the same ones each time", async () => {
    const loaded = await loadKernels();
    expect(loaded.js).toBe(referenceKernels);
    expect([loaded.wasm?.runtime, loaded.js.runtime]).toEqual(["wasm", "js"]);
    expect(await loadKernels()).toBe(loaded);
  });

  it("does without WebAssembly where the engine refuses SIMD or has none", async () => {
    class CompileError extends Error {}
    vi.stubGlobal("WebAssembly", { CompileError, instantiate: () => Promise.reject(new CompileError("invalid opcode")) });
    expect(await instantiate()).toBeUndefined();
    vi.stubGlobal("WebAssembly", undefined);
    expect(await instantiate()).toBeUndefined();
  });
});
