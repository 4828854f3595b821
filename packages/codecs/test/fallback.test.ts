import { expect, test, vi } from "vitest";
import { loadOpus } from "../src/index.ts";

vi.mock("@evan/opus/node/index.js", () => {
  throw new Error("no add-on for this machine");
});

test("without the native library the WebAssembly one is taken, and it says why", async () => {
  const opus = await loadOpus();
  expect(opus.implementation).toBe("opusscript");
  expect(opus.fallbackCause).toMatchObject({ code: "host-unsupported", fix: "Install it: npm install @evan/opus" });
  const encoder = opus.createEncoder({ numberOfChannels: 1 });
  expect(opus.createDecoder({ numberOfChannels: 1 }).decode(encoder.encode([new Float32Array(960)]))[0]!.length).toBe(960);
});

test("who insists on the native library is told how to get it", async () => {
  await expect(loadOpus("native")).rejects.toMatchObject({ code: "host-unsupported" });
});
