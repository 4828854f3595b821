import { Pipeline } from "@remotemedia/core";
import { pythonSource } from "@remotemedia/python";
import { describe, expect, it } from "vitest";
import { failureOf, listening, node, nodes, outputOf, valuesOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

const run = async (spec: string, input: readonly number[], params = {}): Promise<readonly unknown[]> =>
  valuesOf(await outputOf([...input] as never, [node(`forms.py:${spec}`, params)]));

describe.skipIf(testPython === undefined)("Every form of a Python node runs unchanged", () => {
  it.each([
    ["Sync", [2, 4]],
    ["Async", [2, 4]],
    ["Generator", [1, 2, 2, 3]],
    ["AsyncGenerator", [1, 2, 2, 3]],
    ["Stream", [1, 3, "end"]],
    ["doubled", [2, 4]],
    ["SlowGenerator", [0, 1, 2, 0, 1, 2]],
  ])("%s", async (spec, expected) => {
    expect(await run(spec, [1, 2])).toEqual(expected);
  });

  it("a function takes its parameters by name", async () => {
    expect(await run("doubled", [1, 2], { by: 5 })).toEqual([5, 10]);
  });

  it("flush gives what was held back", async () => {
    expect(await run("Flushing", [1, 2, 3])).toEqual([[1, 2], [3]]);
  });

  it("initialize comes before frames, cleanup after them", async () => {
    const { host, logged } = listening();
    expect(valuesOf(await outputOf([1], [node("forms.py:Hooked")], host))).toEqual([["init", "initialize"]]);
    await expect.poll(() => logged).toContain("info: python: cleaned up");
  });

  it("a stream may take its input at once and speak in its own time", async () => {
    expect(await run("Later", [1, 2, 3])).toEqual(["1 later", "2 later", "3 later"]);
    await using session = await new Pipeline("later", listening().host).add(node("forms.py:Later"), "n").open();
    const output = session.output("n")[Symbol.asyncIterator]();
    for (const text of ["a", "b"]) session.push(text);
    expect([(await output.next()).value, (await output.next()).value]).toMatchObject([{ text: "a later" }, { text: "b later" }]);
  });

  it("a stream may speak at any time, and nothing of it is lost", async () => {
    const input = Array.from({ length: 50 }, (_, index) => index);
    expect(await run("Chorus", input)).toEqual(["first", ...input.flatMap((value) => [`${value}a`, `${value}b`]), "last"]);
    expect(await run("Chorus", [])).toEqual(["first", "last"]);
  });

  it("a stream that fails between two frames says so with the next", async () => {
    const error = await failureOf(outputOf([1, 2] as never, [node("forms.py:FailsBetween")]));
    expect(error).toMatchObject({ code: "node-failed", message: expect.stringMatching(/ValueError: between two \(.*forms\.py:\d+/) });
  });

  it("a stream that fails is begun anew", async () => {
    const pipeline = new Pipeline("p", listening().host).add(node("forms.py:Restarting"), "n", { on_error: { action: "skip" } });
    const { outputs } = await pipeline.run(["a", "fail", "b"]);
    expect(valuesOf(outputs.n ?? [])).toEqual(["a 1", "b 2"]);
  });

  it("a source gives what it has", async () => {
    const pipeline = new Pipeline("source", listening().host).add(
      pythonSource({ class: `${nodes}/forms.py:Counting`, params: { count: 4 } }),
    );
    const { outputs } = await pipeline.run();
    expect(valuesOf(outputs["python-source"] ?? [])).toEqual([0, 1, 2, 3]);
  });

  it("a node that blocks does not hold the others of its worker for long", async () => {
    const { host } = listening();
    const pipeline = new Pipeline("slow", host).add(node("forms.py:Echo"), "in").add(node("forms.py:Slow"), "slow");
    pipeline.branch("in", (branch) => branch.add(node("forms.py:Sync"), "quick"));
    await using session = await pipeline.open();
    let slow = 0;
    void (async () => {
      for await (const _ of session.output("slow")) slow++;
    })();
    const quick = session.output("quick")[Symbol.asyncIterator]();
    for (let i = 0; i < 4; i++) session.push(i as never, "in");
    for (let i = 0; i < 4; i++) await quick.next();
    expect(slow).toBeLessThanOrEqual(2); // each takes 200 ms, and the first may hold all
  });
});
