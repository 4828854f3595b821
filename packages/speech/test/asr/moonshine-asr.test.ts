import { audioFrame, durationUs, type Frame, Pipeline, quietLog, Registry, systemClock, type TextFrame } from "@remotemedia/core";
import { loadKernels } from "@remotemedia/kernels";
import { builtInNodes, vad } from "@remotemedia/nodes";
import { moonshineAsr, sileroVad, synthesize } from "@remotemedia/speech";
import { describe, expect, it } from "vitest";
import { hasModels } from "../installed-models.ts";

const isThere = await hasModels("silero-vad", "flite", "moonshine-tiny");
const { wasm, js } = await loadKernels();
const host = {
  name: "test",
  registry: new Registry(builtInNodes),
  kernels: async () => ({ js, ...(wasm !== undefined && { wasm }) }),
  clock: systemClock,
  log: quietLog(() => undefined),
  capabilities: [],
};
const rate = 16_000;

const framesOf = (samples: Float32Array, length = 320): Frame[] =>
  Array.from({ length: Math.ceil(samples.length / length) }, (_, n) =>
    audioFrame({ data: samples.slice(n * length, (n + 1) * length), sampleRate: rate, timestamp: durationUs(n * length, rate) }),
  );

const words = (texts: readonly Frame[]): string[] =>
  texts.map((frame) =>
    (frame as TextFrame).text
      .toLowerCase()
      .replace(/[^a-z ]/g, "")
      .trim(),
  );

async function spoken(...texts: readonly string[]): Promise<Float32Array> {
  const parts = await Promise.all(texts.map(async (text) => [...(await synthesize(text)).samples, ...new Float32Array(rate)]));
  return Float32Array.from([...new Float32Array(rate / 2), ...parts.flat()]);
}

// The weights come with `remotemedia models install`, or by themselves with REMOTEMEDIA_TEST_INSTALL=1.
describe.skipIf(!isThere)("moonshine-asr (needs the models moonshine-tiny, silero-vad and flite)", { timeout: 120_000 }, () => {
  it.each([
    ["silero-vad", () => sileroVad()],
    ["vad", () => vad({ segments: true })],
  ])("gives one final for each segment of %s, with its time; several sessions at once", async (_, cutter) => {
    const samples = await spoken("The weather was fine.", "We went for a walk.");
    const sessions = [1, 2].map(() =>
      new Pipeline("t", host).add(cutter(), "v").add(moonshineAsr(), "asr").outputs("asr").run(framesOf(samples)),
    );
    for (const { outputs } of await Promise.all(sessions)) {
      const texts = (outputs["asr"] ?? []) as unknown as TextFrame[];
      expect(words(texts)).toEqual(["the weather was fine", "we went for a walk"]);
      expect(texts.map(({ final }) => final)).toEqual([true, true]);
      expect(Math.abs((texts[0] as TextFrame).timestamp - 500_000)).toBeLessThan(150_000);
      expect(Math.abs((texts[0] as TextFrame).duration - 1_300_000)).toBeLessThan(500_000);
    }
  });

  it.each([
    ["silence", () => 0],
    ["noise", (i: number) => 0.1 * (((i * 1_103_515_245 + 12_345) >>> 8) / 2 ** 23 - 1)],
    ["a tone", (i: number) => 0.3 * Math.sin(i * 0.17)],
  ])("hears nothing in %s", async (_, at) => {
    const samples = Float32Array.from({ length: 2 * rate }, (_, i) => at(i));
    const { outputs } = await new Pipeline("t", host).add(moonshineAsr(), "asr").outputs("asr").run(framesOf(samples));
    expect(outputs["asr"]?.map((frame) => [(frame as TextFrame).text, (frame as TextFrame).final])).toEqual([["", true]]);
  });

  it("can be closed while it recognizes", async () => {
    const samples = await spoken("The weather was fine.");
    const session = await new Pipeline("t", host).add(moonshineAsr(), "asr").outputs("asr").open();
    for (const frame of framesOf(samples)) await session.push(frame);
    const startedMs = performance.now();
    await session.close();
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it("gives partials while speech goes on, live", async () => {
    const samples = await spoken("Shall we meet at the station tomorrow in the afternoon?");
    const session = await new Pipeline("t", host).add(sileroVad(), "v").add(moonshineAsr(), "asr").outputs("asr").open();
    const texts: TextFrame[] = [];
    const reading = (async () => {
      for await (const frame of session.output("asr")) {
        texts.push(frame as unknown as TextFrame);
        if ((frame as unknown as TextFrame).final) return;
      }
    })();
    for (const frame of framesOf(samples)) {
      await session.push(frame);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await reading;
    await session.close();
    expect(texts.map(({ final }) => final)).toEqual([...texts.slice(1).map(() => false), true]);
    expect(texts.length).toBeGreaterThan(1);
    expect(words(texts).at(-1)).toMatch(/^shall we meet .* station tomorrow in the afternoon$/);
  });
});
