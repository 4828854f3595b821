import { collect } from "@remotemedia/conformance";
import { BufferPool, eventFrame, Flags, type Frame, type Heard, type NodeContext, sleep, textFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { answering, Gate, node, said, sound, sounds } from "./nodes.ts";
import { wired } from "./wired.ts";

const isAnswer = (frame: Frame): boolean => (frame.flags & Flags.answer) !== 0;
const told = (frames: readonly Frame[]) => frames.map((frame) => [said(frame), frame.turn, isAnswer(frame)]);
const pass = (frame: Frame) => frame;

describe("A frame belongs to a turn", () => {
  it("sources stamp the turn at capture; what follows has that of its input", async () => {
    const { pipeline, clock } = wired({ nodes: { a: pass, b: pass }, wires: ["a > b"] });
    const session = await pipeline.open();
    const got = collect(session.output());
    expect(session.turn).toBe(1);
    await session.push("x");
    session.interrupt();
    await session.push("y");
    await clock.advance(0);
    expect(told(got)).toEqual([
      ["x", 1, false],
      ["y", 2, false],
    ]);
  });

  it("and a node that holds frames back gives them the highest turn of its inputs", async () => {
    const held: Frame[] = [];
    const holds = node("holds", { process: (frame) => void held.push(frame), flush: (out) => out.emit("out", textFrame("all")) });
    const session = await wired({ nodes: { holds } }).pipeline.open();
    const got = collect(session.output());
    session.interrupt();
    session.interrupt();
    await session.push("x");
    await session.close();
    expect(told(got)).toEqual([["all", 3, false]]);
  });

  it("what users claim does not count", async () => {
    const { pipeline, clock } = wired({ nodes: { a: pass } });
    const session = await pipeline.open();
    const got = collect(session.output());
    await session.push(textFrame("x", { turn: 7, sequence: 9, flags: Flags.answer | Flags.end }));
    await clock.advance(0);
    expect(got.map(({ turn, sequence, flags }) => ({ turn, sequence, flags }))).toEqual([{ turn: 1, sequence: 0, flags: Flags.end }]);
  });
});

describe("An answer", () => {
  it("is marked by the node that gives it and by all behind it", async () => {
    const { pipeline, clock } = wired({
      nodes: { answer: answering(), behind: pass, before: pass },
      wires: ["before > answer > behind"],
      outputs: ["before", "answer", "behind"],
    });
    const session = await pipeline.open();
    const got = ["before", "answer", "behind"].map((name) => collect(session.output(name)));
    await session.push("x");
    await clock.advance(0);
    expect(got.map(told)).toEqual([[["x", 1, false]], [["x", 1, true]], [["x", 1, true]]]);
  });

  it("is stale when the turn has risen, and dropped wherever it waits", async () => {
    const gate = new Gate();
    const { pipeline, clock } = wired({ nodes: { answer: answering(), gate: gate.spec }, wires: ["answer > gate"] });
    const session = await pipeline.open();
    const got = collect(session.output());
    for (const frame of ["a", "b", "c"]) await session.push(frame);
    session.interrupt();
    await session.push("d");
    for (let i = 0; i < 4; i++) {
      gate.open();
      await clock.advance(0);
    }
    expect(told(got)).toEqual([["d", 2, true]]);
    expect(session.metrics().edges.map((edge) => edge.dropped_stale)).toEqual([0, 2, 1]);
  });

  it("that waits for its reader is dropped there, too", async () => {
    const { pipeline } = wired({ nodes: { answer: answering() } });
    const session = await pipeline.open();
    const output = session.output();
    for (const frame of ["a", "b", "c"]) session.push(frame);
    expect(said((await output.next()).value)).toBe("a");
    session.interrupt();
    session.push("d");
    expect(told([(await output.next()).value])).toEqual([["d", 2, true]]);
  });

  it("of an abandoned call is never heard, even if the call goes on", async () => {
    const gate = new Gate("gate", { answers: true });
    const { pipeline, clock } = wired({ nodes: { gate: gate.spec } });
    const session = await pipeline.open();
    const got = collect(session.output());
    await session.push("a");
    session.interrupt();
    expect(gate.signals[0]?.aborted).toBe(true);
    gate.open();
    await clock.advance(0);
    await session.push("b");
    gate.open();
    await clock.advance(0);
    expect(gate.signals[1]?.aborted).toBe(false);
    expect(told(got)).toEqual([["b", 2, true]]);
  });

  it("that is spoken by a generator ends there: its return is called", async () => {
    let hasEnded = 0;
    const { pipeline, clock } = wired({
      nodes: {
        speak: node(
          "speak",
          {
            async *process() {
              try {
                for (let i = 0; ; i++) {
                  yield textFrame(`${i}`);
                  await sleep(clockOf(), 10);
                }
              } finally {
                hasEnded++;
              }
            },
          },
          { answers: true },
        ),
      },
    });
    const clockOf = () => clock;
    const session = await pipeline.open();
    const got = collect(session.output());
    session.push("x");
    await clock.advance(25);
    expect(got.map(said)).toEqual(["0", "1", "2"]);
    session.interrupt();
    await clock.advance(50);
    expect([got.length, hasEnded]).toEqual([3, 1]);
    session.push("y");
    await clock.advance(5);
    expect(told(got.slice(3))).toEqual([["0", 2, true]]);
  });

  it("of a late transcript is stale from the start", async () => {
    const transcribe = new Gate("transcribe");
    const { pipeline, clock } = wired({
      nodes: { transcribe: transcribe.spec, chat: answering("chat") },
      wires: ["transcribe > chat"],
      outputs: ["transcribe", "chat"],
    });
    const session = await pipeline.open();
    const [transcripts, answers] = [collect(session.output("transcribe")), collect(session.output("chat"))];
    await session.push("first");
    session.interrupt();
    transcribe.open();
    await session.push("second");
    await clock.advance(0);
    transcribe.open();
    await clock.advance(0);
    expect(told(transcripts)).toEqual([
      ["first", 1, false],
      ["second", 2, false],
    ]);
    expect(told(answers)).toEqual([["second", 2, true]]);
  });

  it("is cut in samples, too: all its buffers come back", async () => {
    const pool = new BufferPool({ poison: true });
    const speak = node(
      "speak",
      {
        *process(_frame, _port, out) {
          for (let i = 0; i < 100; i++) yield out.audio({ numberOfFrames: 160, sampleRate: 16_000 });
        },
      },
      { answers: true },
    );
    const gate = new Gate();
    const { pipeline, clock } = wired({ nodes: { speak, gate: gate.spec }, wires: ["speak > gate"] });
    const session = await pipeline.open({ pool });
    session.push("x");
    expect(session.metrics().edges.find(({ edge }) => edge.startsWith("speak"))).toMatchObject({ debt_ms: 0, buffered_ms: 320 });
    session.interrupt();
    gate.open();
    await clock.advance(0);
    expect(pool.inUse).toBe(0);
  });
});

describe("Who keeps what is stale", () => {
  it("an input with keep_stale gets it, and what its node emits is no answer", async () => {
    const slow = new Gate("slow");
    const { pipeline, clock } = wired({
      nodes: { answer: answering(), slow: slow.spec, recorder: [pass, { inputs: { in: { keep_stale: true } } }], player: pass },
      wires: ["answer > slow", "answer > recorder", "answer > player"],
      outputs: ["recorder", "player"],
    });
    const session = await pipeline.open();
    const [recorded, played] = [collect(session.output("recorder")), collect(session.output("player"))];
    session.push("a");
    await clock.advance(0);
    session.interrupt();
    session.push("b");
    await clock.advance(0);
    expect(told(recorded)).toEqual([
      ["a", 1, false],
      ["b", 2, false],
    ]);
    expect(told(played)).toEqual([
      ["a", 1, true],
      ["b", 2, true],
    ]);
  });

  it("also what was waiting for it when the turn rose", async () => {
    const recorder = new Gate("recorder");
    const { pipeline, clock } = wired({
      nodes: { answer: answering(), recorder: [recorder.spec, { inputs: { in: { keep_stale: true } } }] },
      wires: ["answer > recorder"],
    });
    const session = await pipeline.open();
    const got = collect(session.output());
    for (const text of ["a", "b"]) session.push(text);
    session.interrupt();
    for (let i = 0; i < 2; i++) {
      recorder.open();
      await clock.advance(0);
    }
    expect(told(got)).toEqual([
      ["a", 1, false],
      ["b", 1, false],
    ]);
  });
});

describe("An interruption", () => {
  it("comes from an event that the manifest names, before anybody sees the event", async () => {
    const turns: number[] = [];
    const vad = node(
      "vad",
      { process: (_frame, _port, out) => out.emit("events", eventFrame("speech-started")) },
      { outputs: { out: { kind: "any" }, events: { kind: "event" } } },
    );
    const seen = node("seen", { process: () => void turns.push(session.turn) }, { outputs: {} });
    const { pipeline } = wired({ nodes: { vad, seen }, wires: ["vad.events > seen"], interruptOn: ["vad.events:speech-started"] });
    const session = await pipeline.open();
    await session.push(sound(0));
    expect([turns, session.turn]).toEqual([[2], 2]);
  });

  it("comes from a node", async () => {
    let context: NodeContext | undefined;
    const { pipeline } = wired({ nodes: { a: node("a", { start: (given) => void (context = given), process: () => undefined }) } });
    const session = await pipeline.open();
    context?.interrupt("because");
    expect(session.turn).toBe(2);
  });

  it("tells every node, and those that answer how much was heard", async () => {
    const told: [string, number, Heard | undefined][] = [];
    const listens = (id: string, answers: boolean) =>
      node(
        id,
        { process: (frame, _port, out) => out.emit("out", frame), interrupt: (turn, heard) => void told.push([id, turn, heard]) },
        { answers },
      );
    let context: NodeContext | undefined;
    const speaker = node("speaker", { start: (given) => void (context = given), process: () => undefined }, { outputs: {}, answers: true });
    const { pipeline } = wired({
      nodes: { asr: listens("asr", false), chat: listens("chat", true), speaker },
      wires: ["asr > chat > speaker"],
    });
    const session = await pipeline.open();
    context?.played(1, { durationUs: 20_000, text: "Hel" });
    context?.played(1, { durationUs: 20_000, text: "lo" });
    session.interrupt();
    session.interrupt();
    expect(told).toEqual([
      ["asr", 2, undefined],
      ["chat", 2, { durationUs: 40_000, text: "Hello" }],
      ["asr", 3, undefined],
      ["chat", 3, { durationUs: 0 }],
    ]);
  });

  it("goes on when a node fails to bear it", async () => {
    let told = 0;
    const bad = node("bad", {
      process: () => undefined,
      interrupt() {
        throw new Error("no");
      },
    });
    const good = node("good", { process: () => undefined, interrupt: () => void told++ });
    const { pipeline, clock } = wired({ nodes: { bad, good } });
    const session = await pipeline.open();
    const errors = collect(session.errors);
    session.interrupt();
    await clock.advance(0);
    expect([told, errors.map(({ error }) => [error.code, error.node])]).toEqual([1, [["node-failed", "bad"]]]);
  });

  it("while a failed answer waits for its next attempt lets the next turn go on", async () => {
    let failures = 1;
    const flaky = node("flaky", {
      process(frame, _port, out) {
        if (failures-- > 0) throw new Error("no");
        return out.emit("out", frame);
      },
    });
    const { pipeline, clock } = wired({
      nodes: { answer: answering(), flaky: [flaky, { on_error: { retry: { attempts: 3 } } }] },
      wires: ["answer > flaky"],
    });
    const session = await pipeline.open();
    const got = collect(session.output());
    session.push("a");
    session.interrupt();
    session.push("b");
    await clock.advance(100);
    expect(told(got)).toEqual([["b", 2, true]]);
  });
});

describe("An answer on hold", () => {
  it("waits, while everything else goes on, and is heard when it is released", async () => {
    const { pipeline, clock } = wired({
      nodes: { answer: answering(), other: pass, player: pass },
      wires: ["answer > player"],
      outputs: ["player", "other"],
    });
    const session = await pipeline.open();
    const [played, others] = [collect(session.output("player")), collect(session.output("other"))];
    session.hold();
    session.push("a");
    session.push("b");
    await clock.advance(0);
    expect([played.map(said), others.map(said)]).toEqual([[], ["a", "b"]]);
    session.release();
    await clock.advance(0);
    expect(played.map(said)).toEqual(["a", "b"]);
  });

  it("is gone when the interruption was a true one", async () => {
    const { pipeline, clock } = wired({ nodes: { answer: answering(), player: pass }, wires: ["answer > player"] });
    const session = await pipeline.open();
    const played = collect(session.output());
    session.hold();
    session.push("a");
    session.interrupt();
    session.push("b");
    await clock.advance(0);
    expect(told(played)).toEqual([["b", 2, true]]);
  });

  it("does not run out of time, however long it is held", async () => {
    const speak = node(
      "speak",
      {
        *process() {
          for (let i = 0; i < 100; i++) yield textFrame(`${i}`);
        },
      },
      { answers: true },
    );
    const { pipeline, clock } = wired({ nodes: { speak, player: pass }, wires: ["speak > player"] });
    const session = await pipeline.open();
    const [played, errors] = [collect(session.output()), collect(session.errors)];
    session.push("x");
    await clock.advance(0);
    session.hold();
    session.push("y");
    await clock.advance(120_000);
    session.release();
    await clock.advance(0);
    expect([played.length, errors.length]).toEqual([200, 0]);
  });
});

describe("The end of playback", () => {
  it("ends the turn, so that the next utterance begins another", async () => {
    const player = node("player", { process: (_frame, _port, out) => out.emit("out", eventFrame("playback-ended")) }, { answers: true });
    const { pipeline } = wired({ nodes: { player } });
    const session = await pipeline.open();
    session.push(sounds(1)[0] as Frame);
    expect(session.turn).toBe(2);
  });

  it("tells what was heard: all that was said, though a word's end was lost in rounding; of an interrupted one the words until then", async () => {
    let context: NodeContext | undefined;
    const player = node("player", {
      start: (given: NodeContext) => void (context = given),
      process: (_frame, _port, out) => out.emit("out", eventFrame("playback-ended")),
    });
    const { pipeline } = wired({ nodes: { player } });
    const session = await pipeline.open();
    const heard: unknown[] = [];
    session.onTurn((change) => heard.push([change.type, change.heard?.text]));
    context?.said(1, { text: "It is noon.", durationUs: 1_000_000 });
    context?.said(1, { text: "Good bye now.", durationUs: 1_000_000 });
    context?.played(1, { durationUs: 1_990_000 });
    session.push(sounds(1)[0] as Frame);
    context?.said(2, { text: "It is noon.", durationUs: 1_000_000 });
    context?.said(2, { text: "Good bye now.", durationUs: 1_000_000 });
    context?.played(2, { durationUs: 1_600_000 });
    session.interrupt();
    expect(heard).toEqual([
      ["playback-ended", "It is noon. Good bye now."],
      ["interrupted", "It is noon. Good"],
    ]);
  });

  it("is told by who plays an output himself; old answers, and what is none, do not count", async () => {
    const { pipeline, clock } = wired({ nodes: { answer: answering() } });
    const session = await pipeline.open();
    const got = collect(session.output());
    const changes: unknown[] = [];
    session.onTurn(({ type, turn, heard }) => void changes.push([type, turn, heard?.durationUs]));
    const [first, second] = sounds(2) as [Frame, Frame];
    for (const frame of [first, second]) await session.push(frame);
    await clock.advance(0);
    session.played(first);
    expect(changes).toEqual([]);
    session.played(got[0] as Frame);
    session.interrupt();
    session.played(got[1] as Frame);
    second.flags |= Flags.end;
    for (const frame of [first, second]) await session.push(frame);
    await clock.advance(0);
    for (const frame of got.slice(2)) session.played(frame);
    expect(changes).toEqual([
      ["playback-started", 1, undefined],
      ["interrupted", 1, 20_000],
      ["playback-started", 2, undefined],
      ["playback-ended", 2, 40_000],
    ]);
    expect(session.turn).toBe(3);
    expect(session.turns().map(({ events }) => events.map(({ name, node }) => `${node} ${name}`))).toEqual([
      ["session playback-started"],
      ["session playback-started", "session playback-ended"],
      [],
    ]);
  });
});
