import { Pipeline, type TextFrame } from "@remotemedia/core";
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
    expect(logged).toContain("info: python: cancelled first");
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
