import { expect, test } from "vitest";
import { loadOpus } from "../src/index.ts";
import { opusSuite } from "./opus-suite.ts";

opusSuite("native", "evan-opus");
opusSuite("wasm", "opusscript");

test("the native library is taken where nothing else is asked for", async () => {
  const opus = await loadOpus();
  expect(opus.implementation).toBe("evan-opus");
  expect(opus.fallbackCause).toBeUndefined();
});
