/** The agent of examples/voice-agent.json, with its models, in real time. */
import { readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import {
  audioFrame,
  durationUs,
  type EventFrame,
  Flags,
  Pipeline,
  quietLog,
  Registry,
  systemClock,
  type TextFrame,
} from "@remotemedia/core";
import { loadKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { moonshineAsr, releaseModels, sileroVad, speechNodes, synthesize } from "@remotemedia/speech";
import { callAgent, callRate, hears, hearsFor, says, waits } from "@remotemedia/speech/testing";
import { describe, expect, it } from "vitest";
import { hasModels } from "./installed-models.ts";

const isThere = await hasModels("silero-vad", "flite", "moonshine-tiny");
const { wasm, js } = await loadKernels();
const host = {
  name: "test",
  registry: new Registry([...builtInNodes, ...speechNodes]),
  kernels: async () => ({ js, ...(wasm !== undefined && { wasm }) }),
  clock: systemClock,
  log: quietLog(() => undefined),
  capabilities: ["net" as const],
};
const manifest = JSON.parse(readFileSync(new URL("../../../examples/voice-agent.json", import.meta.url), "utf8")) as object;
const agent = (): Pipeline => Pipeline.fromManifest(manifest, host);

/** 20 ms each, as a microphone gives them. */
const ticksOf = (samples: Float32Array): Float32Array[] =>
  Array.from({ length: Math.ceil(samples.length / 320) }, (_, i) => samples.slice(320 * i, 320 * (i + 1)));

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

// The weights come with `remotemedia models install`, or by themselves with REMOTEMEDIA_TEST_INSTALL=1.
describe.skipIf(!isThere)("The voice agent (needs the models silero-vad, moonshine-tiny and flite)", () => {
  it.each([
    ["a quiet line", 0],
    ["a noisy one", 0.003],
  ])("understands, answers, and is interrupted, on %s", async (_, noise) => {
    const script = [
      ...[says("What can you do?"), hearsFor(800), says("Please tell me the time."), hears()],
      ...[waits(500), says("I would like to"), waits(600), says("know the time."), hears(), waits(500)],
    ];
    const call = await callAgent(agent(), { script, noise });
    call.expect({
      transcripts: ["what can you do", "please tell me the time", "i would like to know the time"],
      // One word of five, where somebody talks over noise or the answer.
      wordErrorRate: 0.25,
      interrupted: [true, false, false],
    });
    for (const { answerMs, answer } of call.turns) expect([answerMs === undefined, answer === ""], `${call}`).toEqual([false, false]);
  });

  // A machine that stands still for as long as the agent waits for the end of the word makes of it an interruption, rightly: by its clock it was long.
  it("goes on with an answer after a word that only says that somebody listens", { retry: 2 }, async () => {
    const call = await callAgent(agent(), { script: [says("Who are you?"), hearsFor(800), says("Okay."), hears()] });
    call.expect({ transcripts: ["who are you"], interrupted: [false] });
    expect(call.turns[0]?.answer).toMatch(/language model/);
  });

  it("can be closed at any moment, soon, and leaves nothing that keeps the process", async () => {
    const spoken = ticksOf((await synthesize("What time is it?")).samples);
    const moments = Array.from({ length: 10 }, (_, i) => 137 + 430 * i);
    const closes = moments.map(async (atMs) => {
      const session = await agent().open();
      const startedMs = performance.now();
      for (let tick = 0; performance.now() - startedMs < atMs; tick++) {
        void session.push({ samples: spoken[tick] ?? new Float32Array(320), sampleRate: callRate }, "vad");
        await sleep(Math.max(0, 20 * (tick + 1) - (performance.now() - startedMs)));
      }
      const closingMs = performance.now();
      await session.close();
      return performance.now() - closingMs;
    });
    expect(Math.max(...(await Promise.all(closes)))).toBeLessThan(3_000);
    await sleep(500);
    expect(process.getActiveResourcesInfo().filter((name) => /worker/i.test(name))).toEqual([]);
  });

  it("is interrupted twice within 100 ms and goes on listening", async () => {
    const session = await agent().open();
    const told: string[] = [];
    void (async () => {
      for await (const { name, value } of session.tap("turns.events") as AsyncIterable<EventFrame>)
        if (name === "turn-ended") told.push((value as { text: string }).text);
    })();
    const silence = new Float32Array(callRate);
    for (const words of ["What time is it?", "Who are you?"]) {
      const { samples } = await synthesize(words);
      for (const tick of ticksOf(Float32Array.from([...samples, ...silence]))) {
        void session.push({ samples: tick, sampleRate: callRate }, "vad");
        await sleep(20);
      }
      session.interrupt("one");
      await sleep(50);
      session.interrupt("two");
    }
    await sleep(500);
    await session.close();
    expect(told).toEqual(["What time is it?", "Who are you?"]);
  });

  /** Texts of what is fed as fast as it is taken. */
  const textsOf = async (seconds: number, sample: (i: number) => number): Promise<string[]> => {
    const frames = (function* () {
      for (let at = 0; at < seconds * callRate; at += callRate)
        yield audioFrame({
          data: Float32Array.from({ length: callRate }, (_, i) => sample(at + i)),
          sampleRate: callRate,
          timestamp: durationUs(at, callRate),
        });
    })();
    const { outputs } = await new Pipeline("t", host).add(sileroVad()).add(moonshineAsr(), "asr").outputs("asr").run(frames);
    return (outputs["asr"] as unknown as TextFrame[]).map(({ text }) => text);
  };

  it("hears nothing in minutes of silence and in a chord", async () => {
    const chord = (i: number): number => 0.1 * [220, 277, 330].reduce((sum, hz) => sum + Math.sin((2 * Math.PI * hz * i) / callRate), 0);
    expect(await textsOf(120, () => 0)).toEqual([]);
    expect((await textsOf(30, chord)).join("")).toBe("");
  });

  it("writes down speech that never pauses", async () => {
    const { samples } = await synthesize("we went for a walk along the river and");
    const loud = samples.subarray(0, samples.findLastIndex((sample) => Math.abs(sample) > 0.02) + 1);
    const text = (await textsOf(60, (i) => loud[i % loud.length] as number)).join(" ");
    expect(text.match(/river/gi)?.length).toBeGreaterThan((0.8 * 60 * callRate) / loud.length);
  });

  it("goes on when the recognizer's thread is ended", async () => {
    await releaseModels();
    const threads: Worker[] = [];
    const keep = (worker: Worker): void => void threads.push(worker);
    process.on("worker", keep);
    const session = await new Pipeline("t", host)
      .add(moonshineAsr({ partialIntervalMs: 0 }), "asr")
      .outputs("asr")
      .open();
    process.off("worker", keep);
    const failures: string[] = [];
    void (async () => {
      for await (const { error } of session.errors) failures.push(error.message);
    })();
    const { samples } = await synthesize("We went for a walk.");
    const said = async (): Promise<string> => {
      await session.push(audioFrame({ data: samples, sampleRate: callRate, flags: Flags.end }));
      for await (const frame of session.output("asr"))
        if ((frame as unknown as TextFrame).final) return (frame as unknown as TextFrame).text;
      return "never";
    };
    const lost = said();
    await Promise.all(threads.map((thread) => thread.terminate()));
    expect(await lost).toBe("");
    expect(await said()).toMatch(/walk/);
    // It is told with the next sound.
    await session.push(audioFrame({ data: new Float32Array(320), sampleRate: callRate }));
    await sleep(100);
    expect(failures).toEqual([expect.stringContaining("the worker moonshine-worker.js died")]);
    await session.close();
  });
});
