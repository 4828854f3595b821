import { testHost } from "@remotemedia/conformance";
import { defineNode, type Emission, event, eventFrame, Pipeline, type TextFrame, text, textFrame } from "@remotemedia/core";
import { turnPolicy } from "@remotemedia/speech";
import { expect, it } from "vitest";

/** One stretch of speech: seconds of its start and end, and what is recognized. */
type Stretch = readonly [from: number, to: number, text: string];

const us = (seconds: number): number => Math.round(seconds * 1e6);

const started = ([from]: Stretch): Emission => ["events", eventFrame("speech-started", null, { timestamp: us(from) })];
const stopped = ([, to]: Stretch): Emission => ["events", eventFrame("speech-stopped", null, { timestamp: us(to) })];
const heard = ([from, to, said]: Stretch): Emission => ["out", textFrame(said, { timestamp: us(from), duration: us(to - from) })];

/** The turns of a recording. */
async function turnsOf(emissions: readonly Emission[], params = {}): Promise<TextFrame[]> {
  const script = defineNode({
    type: "script",
    outputs: { out: text(), events: event() },
    create: () => ({
      async *produce() {
        for (const emission of emissions) {
          await Promise.resolve();
          yield emission;
        }
      },
    }),
  })();
  const nodes = [
    { id: "script", node_type: "script" },
    { id: "turns", node_type: "turn-policy", params },
  ];
  const connections = ["out > in", "events > events"].map((wire) => {
    const [from, to] = wire.split(" > ");
    return { from: `script.${from}`, to: `turns.${to}` };
  });
  const manifest = { version: "v1", metadata: { name: "recording" }, nodes, connections, outputs: ["turns"] };
  const { outputs } = await Pipeline.fromManifest(manifest, testHost({ nodes: [script, turnPolicy] })).run();
  return outputs.turns as TextFrame[];
}

const stretches: readonly Stretch[] = [
  [1, 2, "I want to"],
  [2.8, 3.5, "book a flight."],
  [4.2, 5, "To Boston."],
  [5.3, 6, "In May."],
];
const turns = ["I want to book a flight.", "To Boston. In May."];

it.each([
  ["as they are said", stretches.flatMap((stretch) => [started(stretch), stopped(stretch), heard(stretch)])],
  ["before their end is noticed", stretches.flatMap((stretch) => [started(stretch), heard(stretch), stopped(stretch)])],
  ["after all of the speech", [...stretches.flatMap((stretch) => [started(stretch), stopped(stretch)]), ...stretches.map(heard)]],
])("in a batch pauses of media time divide turns, when texts come %s", async (_when, emissions) => {
  const given = await turnsOf(emissions);
  expect(given.map(({ text: said }) => said)).toEqual(turns);
  expect(given.map(({ timestamp, duration }) => [timestamp, duration])).toEqual([
    [us(1), us(2.5)],
    [us(4.2), us(1.8)],
  ]);
});

it("in a batch nothing is joined that is farther apart than the mode waits, and empty texts are no turns", async () => {
  const said: readonly Stretch[] = [
    [1, 2, "one"],
    [2.5, 3, ""],
    [3.4, 4, "two"],
    [9, 10, ""],
  ];
  const emissions = said.flatMap((stretch) => [started(stretch), stopped(stretch), heard(stretch)]);
  expect((await turnsOf(emissions, { mode: "silence", silence_ms: 300 })).map(({ text: given }) => given)).toEqual(["one", "two"]);
});

it("in a batch a text that never became final counts as it is", async () => {
  const stretch: Stretch = [1, 2, ""];
  const partial: Emission = ["out", textFrame("never final", { timestamp: us(1), duration: us(0.5), final: false })];
  expect((await turnsOf([started(stretch), partial])).map(({ text: given }) => given)).toEqual(["never final"]);
});
