import { nodeSuite, testHost } from "@remotemedia/conformance";
import { audioFrame, systemClock, textFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { node } from "./pipelines.ts";
import { testPython } from "./python.ts";

const host = () => testHost({ clock: systemClock, capabilities: ["python"] });
const sounds = () =>
  Array.from({ length: 4 }, (_, index) =>
    audioFrame({ sampleRate: 16_000, numberOfChannels: 2, timestamp: index * 20_000, data: new Float32Array(640).fill(index / 8) }),
  );
const texts = () => ["a", "b", "c"].map((text, index) => textFrame(text, { timestamp: index * 1_000 }));

if (testPython !== undefined) {
  const api = { describe, it, expect };
  nodeSuite("a Python class over sound", { host, node: node("forms.py:Echo"), input: sounds }, api);
  nodeSuite("a Python class over text", { host, node: node("forms.py:Echo"), input: texts }, api);
  nodeSuite("a Python stream", { host, node: node("forms.py:StreamEcho"), input: sounds }, api);
}

it("the contract is tested where there is a Python with numpy", () => expect(testPython ?? "none").toBeTypeOf("string"));
