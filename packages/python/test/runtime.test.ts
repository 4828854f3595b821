import type { RuntimeHint } from "@remotemedia/core";
import { python } from "@remotemedia/python";
import { afterEach, describe, expect, it, vi } from "vitest";

const decide = (hint: RuntimeHint) => python.definition.runtimeFor?.(hint);

describe("Which Python runs a node", () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each<[RuntimeHint, string | undefined, string, boolean]>([
    ["auto", undefined, "Python code runs in CPython", false],
    ["cpython", undefined, "runtime_hint asks for it", false],
    ["python", "cpython_wasm", "runtime_hint asks for it", false],
    ["auto", "python", "REMOTEMEDIA_PYTHON_RUNTIME asks for it", false],
    ["auto", "rustpython", 'REMOTEMEDIA_PYTHON_RUNTIME asks for "rustpython": the sandboxed backend is not installed', true],
    ["cpython_wasm", undefined, 'runtime_hint asks for "cpython_wasm": the sandboxed backend is not installed', true],
    ["js", undefined, 'runtime_hint says "js", which runs no Python code', true],
  ])("hint %s, environment %s: %s", (hint, environment, reason, isFallback) => {
    vi.stubEnv("REMOTEMEDIA_PYTHON_RUNTIME", environment);
    expect(decide(hint)).toEqual({ runtime: "cpython", reason, isFallback });
  });

  it("nothing runs in the place of a sandbox where falling back is forbidden", () => {
    vi.stubEnv("REMOTEMEDIA_ENABLE_FALLBACK", "false");
    expect(decide("cpython")).toMatchObject({ runtime: "cpython" });
    expect(() => decide("rust_python")).toThrow(expect.objectContaining({ code: "host-unsupported" }));
  });
});
