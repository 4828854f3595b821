import { nodeSuite, testHost } from "@remotemedia/conformance";
import { audioFrame, durationUs, type EventFrame, Flags, type Frame, Pipeline, quietLog, Registry, systemClock } from "@remotemedia/core";
import { loadKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { sileroVad, synthesize } from "@remotemedia/speech";
import { describe, expect, it } from "vitest";
import { hasModels } from "../installed-models.ts";

const isThere = await hasModels("silero-vad", "flite");
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

const framesOf = (samples: Float32Array, length: number, fromUs = 0): Frame[] =>
  Array.from({ length: Math.ceil(samples.length / length) }, (_, n) =>
    audioFrame({ data: samples.slice(n * length, (n + 1) * length), sampleRate: rate, timestamp: fromUs + durationUs(n * length, rate) }),
  );

const run = async (frames: Frame[], params = {}) => {
  const { outputs } = await new Pipeline("t", host).add(sileroVad(params), "v").outputs("v", "v.events").run(frames);
  return { out: outputs["v"] ?? [], events: (outputs["v.events"] ?? []) as unknown as EventFrame[] };
};

/** The same two sentences for the suites, which want their input at once. */
const conversation = isThere ? (await twoSentences()).samples : new Float32Array(0);

/** Two sentences by flite, a second of silence before, between and behind; and where their sound begins and ends. */
async function twoSentences() {
  const spoken = [(await synthesize("The weather was fine.")).samples, (await synthesize("We went for a walk.")).samples];
  const samples = new Float32Array(spoken.reduce((sum, { length }) => sum + length, 3 * rate));
  const edges: { from: number; to: number }[] = [];
  let at = rate;
  for (const sentence of spoken) {
    samples.set(sentence, at);
    const loud = [...sentence.keys()].filter((i) => Math.abs(sentence[i] as number) > 0.02);
    edges.push({ from: (at + (loud[0] as number)) / rate, to: (at + (loud.at(-1) as number)) / rate });
    at += sentence.length + rate;
  }
  return { samples, edges };
}

// The weights come with `remotemedia models install silero-vad flite`, or by themselves with REMOTEMEDIA_TEST_INSTALL=1.
describe.skipIf(!isThere)("silero-vad (needs the models silero-vad and flite)", () => {
  it("tells where speech is to within 100 ms, whatever the framing", async () => {
    const { samples, edges } = await twoSentences();
    const told: unknown[] = [];
    for (const length of [160, 777, 8_000]) {
      const { out, events } = await run(framesOf(samples, length));
      expect(events.map(({ name }) => name)).toEqual(["speech-started", "speech-stopped", "speech-started", "speech-stopped"]);
      edges.forEach(({ from, to }, n) => {
        const { started_us, timestamp_us, reason } = (events[2 * n + 1] as EventFrame).value as Record<string, number>;
        expect(Math.abs((started_us as number) / 1e6 - from)).toBeLessThan(0.1);
        expect(Math.abs((timestamp_us as number) / 1e6 - to)).toBeLessThan(0.15);
        expect(reason).toBe("silence");
      });
      expect(out.filter(({ flags }) => flags & Flags.end).length).toBe(2);
      expect(out.filter(({ flags }) => flags & Flags.discontinuity).length).toBe(2);
      expect(new Set(out.map(({ metadata }) => metadata["is_speech"]))).toEqual(new Set([true, false]));
      told.push(events.map(({ value }) => value));
    }
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  it.each([
    ["silence", () => 0],
    ["a tone", (i: number) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / rate)],
    ["white noise", (i: number) => 0.1 * (((i * 1_103_515_245 + 12_345) >>> 8) / 2 ** 23 - 1)],
    ["clicks", (i: number) => (i % 4_000 < 20 ? 0.9 : 0)],
    ["what is not a number", (i: number) => (i % 2_000 === 0 ? Number.NaN : 0)],
  ])("hears no speech in %s", async (_, at) => {
    const { out, events } = await run(
      framesOf(
        Float32Array.from({ length: 4 * rate }, (_, i) => at(i)),
        320,
      ),
    );
    expect([out.length, events.length]).toEqual([0, 0]);
  });

  it("ends speech at a jump in time", async () => {
    const { samples } = await twoSentences();
    const half = samples.slice(0, 1.6 * rate);
    const { events } = await run([...framesOf(half, 320), ...framesOf(samples, 320, 60_000_000)]);
    expect(events.map(({ value }) => (value as { reason?: string }).reason)).toEqual([
      undefined,
      "jump",
      undefined,
      "silence",
      undefined,
      "silence",
    ]);
  });
});

describe.skipIf(!isThere)("the node contract (needs the models silero-vad and flite)", () => {
  for (const [name, params] of [
    ["silero-vad", {}],
    ["silero-vad that lets everything through", { segments: false }],
  ] as const) {
    const streams = { input: () => framesOf(conversation, 320), reframed: () => framesOf(conversation, 777) };
    nodeSuite(
      name,
      { node: sileroVad(params), ...streams, host: () => testHost({ nodes: builtInNodes, kernels: wasm ?? js }) },
      { describe, expect, it },
    );
  }
});
