import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import { callAgent, hears, hearsFor, plays, waits } from "@remotemedia/speech/testing";
import { describe, expect, it } from "vitest";
import { loadNodes, Pipeline } from "../src/index.ts";

/** The first Python with numpy. */
const python = [process.env.REMOTEMEDIA_PYTHON, "python3", "/usr/bin/python3"].find(
  (command) => command !== undefined && spawnSync(command, ["-c", "import numpy"]).status === 0,
);
if (python !== undefined) process.env.REMOTEMEDIA_PYTHON = python;

// As a manifest names it: from where the command is started.
const file = relative(process.cwd(), join(import.meta.dirname, "../../python/test/nodes/agent.py"));

/** An agent that is Python but for the detector and the turns, as `remotemedia serve` reads it. */
const manifest = {
  version: "v1",
  nodes: [
    { id: "vad", node_type: "vad", params: { segments: true, hangover_ms: 200 } },
    { id: "asr", node_type: `${file}:Ear` },
    { id: "turns", node_type: "turn-policy", params: { barge_in: "immediate" } },
    { id: "chat", node_type: `${file}:Mind`, answers: true },
    { id: "sentences", node_type: "sentences" },
    { id: "tts", node_type: `${file}:Voice`, answers: true },
  ],
  connections: [
    { from: "vad", to: "asr" },
    { from: "vad.events", to: "turns.events" },
    { from: "asr", to: "turns" },
    { from: "turns", to: "chat" },
    { from: "chat", to: "sentences" },
    { from: "sentences", to: "tts" },
  ],
};

/** A tone of so many seconds. */
const tone = (seconds: number) =>
  plays(
    Float32Array.from({ length: seconds * 16_000 }, (_, i) => Math.sin(i / 5) / 2),
    "a tone",
  );

describe.skipIf(python === undefined)("An agent of Python classes, by manifest (needs numpy)", () => {
  it("hears, answers, is interrupted, and answers anew", async () => {
    await loadNodes(manifest.nodes);
    const agent = Pipeline.fromManifest(manifest) as unknown as Pipeline<never>;
    const call = await callAgent(agent, { script: [waits(200), tone(1), hearsFor(300), tone(0.6), hears()] });
    const [first, second] = call.turns;
    expect(call.turns).toHaveLength(2);
    expect(first).toMatchObject({ transcript: expect.stringMatching(/^1\.\d seconds$/), wasInterrupted: true });
    expect(`${first?.transcript} 1. ${first?.transcript} 2.`).toContain(first?.answer);
    expect(second).toMatchObject({ transcript: expect.stringMatching(/^[01]\.\d seconds$/), wasInterrupted: false });
    expect(second?.answer).toBe(`${second?.transcript} 1. ${second?.transcript} 2.`);
  });
});
