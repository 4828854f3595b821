import { type AudioFrame, Flags, Pipeline, type TextFrame, textFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { listening, node } from "./pipelines.ts";
import { testPython } from "./python.ts";

describe.skipIf(testPython === undefined)("A Python node takes part in turns", () => {
  it("an interruption cancels what it says, and nothing stale is heard", async () => {
    const { host, logged } = listening();
    const pipeline = new Pipeline("talk", host).add(node("forms.py:Endless", {}, { answers: true }), "talk");
    await using session = await pipeline.open();
    const output = session.output("talk")[Symbol.asyncIterator]();
    session.push("first");
    expect((await output.next()).value).toMatchObject({ text: "first 0", turn: 1 });
    session.interrupt();
    session.push("second");
    const heard: TextFrame[] = [];
    while (heard.at(-1)?.text !== "second 2") heard.push((await output.next()).value as TextFrame);
    expect(heard.map(({ text, turn }) => [text, turn])).toEqual([
      ["second 0", 2],
      ["second 1", 2],
      ["second 2", 2],
    ]);
    await expect.poll(() => logged).toContain("info: python: cancelled first"); // what is printed comes by another way
  });

  it("closing the session cancels it as well, and it is cleaned up", async () => {
    const { host, logged } = listening();
    const pipeline = new Pipeline("talk", host).add(node("forms.py:Endless"), "talk").add(node("forms.py:Hooked"), "hooked");
    const session = await pipeline.open();
    session.push("first");
    await session.tap("talk")[Symbol.asyncIterator]().next();
    await session.close();
    await expect.poll(() => logged).toContain("info: python: cleaned up");
    // Once each, and what was under way first.
    await expect
      .poll(() => logged.filter((line) => /cancelled|no more/.test(line)))
      .toEqual(["info: python: cancelled first", "info: python: no more"]);
    expect(logged.filter((line) => line.includes("cleaned up"))).toHaveLength(1);
  });

  it("what it answers comes in pieces, of which the last is flagged, and old ones are not heard", async () => {
    const { host, logged } = listening();
    const pipeline = new Pipeline("talk", host).add(node("agent.py:Mind", {}, { answers: true }), "mind");
    await using session = await pipeline.open();
    const output = session.output("mind")[Symbol.asyncIterator]();
    session.push("talk forever");
    expect((await output.next()).value).toMatchObject({ text: "talk forever ", turn: 1, final: false });
    session.interrupt();
    session.push("hello");
    const pieces: TextFrame[] = [];
    while (pieces.at(-1)?.final !== true) pieces.push((await output.next()).value as TextFrame);
    expect(pieces.map(({ text, turn, final, flags }) => [text, turn, final, (flags & Flags.end) !== 0])).toEqual([
      ["hello ", 2, false, false],
      ["1. ", 2, false, false],
      ["hello ", 2, false, false],
      ["2. ", 2, false, false],
      ["", 2, true, true],
    ]);
    await expect.poll(() => logged).toContain("info: python: stopped talk forever");
    expect(logged).toContain("info: python: turn 2, heard {'duration_us': 0, 'text': ''}");
  });

  it("the sound that it makes of a text says that text, and its end is told", async () => {
    const pipeline = new Pipeline("talk", listening().host).add(node("agent.py:Voice", {}, { answers: true }), "voice");
    await using session = await pipeline.open();
    const changes: unknown[] = [];
    session.onTurn(({ type, turn, heard }) => void changes.push([type, turn, heard?.text]));
    const output = session.output("voice")[Symbol.asyncIterator]();
    const sound = async () => (await output.next()).value as AudioFrame;
    session.push("One and two.");
    session.push("Three.");
    const first = await sound();
    expect(first).toMatchObject({ kind: "audio", numberOfFrames: 4_800, duration: 300_000 });
    session.played(first);
    session.played(await sound());
    session.interrupt();
    session.push("Four.");
    session.push(textFrame("", { flags: Flags.end }));
    session.played(await sound());
    const end = await sound();
    expect(end).toMatchObject({ numberOfFrames: 0, sampleRate: 16_000, turn: 2 });
    expect(end.flags & Flags.end).toBe(Flags.end);
    session.played(end);
    expect(changes).toEqual([
      ["playback-started", 1, undefined],
      ["interrupted", 1, "One and two. Three."],
      ["playback-started", 2, undefined],
      ["playback-ended", 2, "Four."],
    ]);
    expect(session.turn).toBe(3);
  });

  it("what runs it, and why, is in explain and in metrics", async () => {
    const pipeline = new Pipeline("p", listening().host)
      .add(node("forms.py:Echo"), "a", { runtime_hint: "cpython" })
      .add(node("forms.py:Echo"), "b", { runtime_hint: "rust_python" });
    const { nodes } = await pipeline.explain();
    expect(nodes).toMatchObject([
      { id: "a", runtime: "cpython", runtimeReason: "runtime_hint asks for it" },
      { id: "b", runtime: "cpython", runtimeReason: expect.stringContaining("sandboxed backend is not installed") },
    ]);
    const { metrics } = await pipeline.run("x");
    expect(metrics.node_metrics.slice(-2)).toMatchObject([{ runtime: "cpython" }, { runtime_hint: "rust_python", runtime: "cpython" }]);
  });

  it("without the grant python nothing runs", async () => {
    const pipeline = new Pipeline("p", listening().host).add(node("forms.py:Echo"), "a");
    await expect(pipeline.run("x", { grants: ["fs"] })).rejects.toMatchObject({ code: "grant-missing", node: "a" });
  });
});
