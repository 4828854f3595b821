import { collect } from "@remotemedia/conformance";
import {
  event,
  eventFrame,
  Flags,
  type Frame,
  type NodeContext,
  type NodeExecutor,
  type Output,
  textFrame,
  type VirtualClock,
} from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { node, said } from "./nodes.ts";
import { wired } from "./wired.ts";

/** A node with an input that hands out what it may speak with. */
function speaker(executor: NodeExecutor = {}, declaration = {}) {
  let voice: Output | undefined;
  let context: NodeContext | undefined;
  const spec = node(
    "speaker",
    { start: (given) => void (context = given), produce: (given) => void (voice = given), process: () => undefined, ...executor },
    { inputs: { in: { kind: "any" } }, ...declaration },
  );
  return { spec, say: (text: string) => voice?.emit("out", textFrame(text)), context: () => context as NodeContext };
}

describe("A node with inputs may speak between its calls", () => {
  it("and what it says carries the current turn, also after an interruption", async () => {
    const { spec, say } = speaker();
    const { pipeline, clock } = wired({ nodes: { speaker: spec } });
    const session = await pipeline.open();
    const got = collect(session.output());
    session.push("heard in turn 1");
    say("one");
    session.interrupt();
    say("two");
    await clock.advance(0);
    expect(got.map((frame) => [said(frame), frame.turn, frame.flags & Flags.answer])).toEqual([
      ["one", 1, 0],
      ["two", 2, 0],
    ]);
  });

  it.each([
    ["is reported and goes on", {}, "after"],
    ["ends the session where on_error says so", { on_error: { action: "stop" } }, undefined],
  ] as const)("and what fails between them %s", async (_, config, heard) => {
    const { spec, say, context } = speaker();
    const { pipeline, clock } = wired({ nodes: { speaker: [spec, config] } });
    const session = await pipeline.open();
    const [got, errors] = [collect(session.output()), collect(session.errors)];
    session.done.catch(() => undefined);
    context().report(new Error("no line"));
    await clock.advance(0);
    say("after");
    await clock.advance(0);
    expect(errors.map(({ error }) => [error.code, error.node, error.message.includes("no line")])).toEqual([
      ["node-failed", "speaker", true],
    ]);
    expect(got.map(said)).toEqual(heard === undefined ? [] : [heard]);
  });

  it("from a timer, while a call of it waits", async () => {
    let clockOf: VirtualClock | undefined;
    const { spec, say } = speaker({
      process: () => new Promise<void>((resolve) => void clockOf?.setTimer(100, resolve)),
    });
    const { pipeline, clock } = wired({ nodes: { speaker: spec } });
    clockOf = clock;
    const session = await pipeline.open();
    const got = collect(session.output());
    session.push("x");
    clock.setTimer(50, () => void say("meanwhile"));
    await clock.advance(60);
    expect(got.map(said)).toEqual(["meanwhile"]);
  });

  it("as an answer, if it answers", async () => {
    const { spec, say } = speaker({}, { answers: true });
    const { pipeline, clock } = wired({ nodes: { speaker: spec } });
    const session = await pipeline.open();
    const got = collect(session.output());
    say("one");
    await clock.advance(0);
    expect((got[0]?.flags ?? 0) & Flags.answer).toBe(Flags.answer);
  });

  it("until it has ended, and not after the session is closed", async () => {
    const { spec, say } = speaker();
    const { pipeline, clock } = wired({ nodes: { speaker: spec } });
    const session = await pipeline.open();
    const got = collect(session.output());
    await session.close();
    say("too late");
    await clock.advance(0);
    expect(got).toHaveLength(0);
  });

  it("in a batch, while its input lasts", async () => {
    const { spec, say } = speaker({ process: (frame) => void say(`heard ${said(frame)}`), flush: () => void say("the end") });
    const { outputs } = await wired({ nodes: { speaker: spec } }).pipeline.run(["a", "b"]);
    expect(outputs.speaker?.map(said)).toEqual(["heard a", "heard b", "the end"]);
  });

  it("and gives nothing back from produce: live it is reported, in a batch it ends the run", async () => {
    const broken = () => speaker({ produce: () => [textFrame("no")] as never }).spec;
    const { pipeline, clock } = wired({ nodes: { speaker: broken() } });
    const session = await pipeline.open();
    const errors = collect(session.errors);
    await clock.advance(0);
    expect(errors.map(({ error }) => [error.code, error.node])).toEqual([["node-failed", "speaker"]]);
    await expect(wired({ nodes: { speaker: broken() } }).pipeline.run(["a"])).rejects.toMatchObject({
      code: "node-failed",
      node: "speaker",
    });
  });

  it("and when nobody takes what it says, the error is told and its timer does not end the process", async () => {
    const { spec, say } = speaker();
    const stuck = node("stuck", { process: () => new Promise(() => {}) }, { outputs: {} });
    const { pipeline, clock } = wired({ nodes: { speaker: spec, stuck }, wires: ["speaker > stuck"] });
    const session = await pipeline.open();
    const errors = collect(session.errors);
    clock.setTimer(1, () => {
      for (let i = 0; i < 200; i++) void say(`${i}`);
    });
    await clock.advance(10);
    expect(errors.map(({ error }) => error.code)).toEqual(["overflow"]);
  });
});

describe("Who listens to turns", () => {
  const player = () =>
    node("player", { process: (frame, _port, out) => out.emit("out", eventFrame(`${said(frame)}`)) }, { outputs: { out: event() } });

  it("is told what happens to them, with the turn that it happened to", async () => {
    const { pipeline, clock } = wired({ nodes: { player: player() } });
    const session = await pipeline.open();
    const changes: unknown[] = [];
    const stop = session.onTurn(({ type, turn, reason, atUs }) => changes.push([type, turn, reason, atUs / 1000]));
    session.hold();
    session.hold();
    await clock.advance(5);
    session.release();
    session.release();
    session.interrupt("because");
    session.push("playback-started");
    session.push("playback-ended");
    stop();
    session.interrupt();
    expect(changes).toEqual([
      ["held", 1, undefined, 0],
      ["released", 1, undefined, 5],
      ["interrupted", 1, "because", 5],
      ["playback-started", 2, undefined, 5],
      ["playback-ended", 2, undefined, 5],
    ]);
  });

  it("and throws, harms nobody", async () => {
    const { pipeline, clock } = wired({ nodes: { player: player() } });
    const session = await pipeline.open();
    const errors = collect(session.errors);
    session.onTurn(() => {
      throw new Error("no");
    });
    session.interrupt();
    await clock.advance(0);
    expect([session.turn, errors.length]).toEqual([2, 1]);
  });

  it("finds when each stage of an answer came, for the latest 8 turns", async () => {
    const answers = node("answers", { process: (frame, _port, out) => out.emit("out", frame) }, { answers: true });
    const { pipeline, clock } = wired({
      nodes: { asr: (frame: Frame) => frame, answers, player: player() },
      wires: ["asr > answers"],
      outputs: ["answers", "player"],
    });
    const session = await pipeline.open();
    await clock.advance(10);
    session.push(eventFrame("speech-stopped", null, { timestamp: 4_000 }), "asr");
    session.push(textFrame("hello"), "asr");
    await clock.advance(10);
    session.push(textFrame("again"), "asr");
    session.push("playback-started", "player");
    expect(session.turns()).toEqual([
      {
        turn: 1,
        beganUs: 0,
        events: [
          { name: "speech-stopped", node: "asr", atUs: 10_000, mediaUs: 14_000 },
          { name: "speech-stopped", node: "answers", atUs: 10_000, mediaUs: 14_000 },
          { name: "playback-started", node: "player", atUs: 20_000, mediaUs: 20_000 },
        ],
        transcripts: { asr: { text: "again", atUs: 20_000 } },
        answers: { answers: { textUs: 10_000 } },
      },
    ]);
    for (let i = 0; i < 20; i++) session.interrupt();
    expect(session.turns().map(({ turn }) => turn)).toEqual([14, 15, 16, 17, 18, 19, 20, 21]);
  });

  it("finds the speech that interrupted a turn in the one that it began", async () => {
    const { pipeline } = wired({ nodes: { asr: (frame: Frame) => frame } });
    const session = await pipeline.open();
    for (const name of ["speech-started", "turn-ended", "speech-started"]) session.push(eventFrame(name));
    session.push(textFrame("stop"));
    session.interrupt();
    expect(session.turns().map(({ turn, events, transcripts }) => [turn, events.map(({ name }) => name), transcripts.asr?.text])).toEqual([
      [1, ["speech-started", "turn-ended"], undefined],
      [2, ["speech-started"], "stop"],
    ]);
  });

  it("is not left with an answer on hold when it ends there", async () => {
    const { pipeline } = wired({ nodes: { player: player() } });
    const session = await pipeline.open();
    session.hold();
    session.push("playback-ended");
    const output = session.output();
    session.push("next");
    expect(said((await output.next()).value)).toBe("next");
  });
});
