import type { JsonFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { node, outputOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

/** The processes in which nodes of these groups lived during one run. */
async function processesOf(...groups: readonly string[]): Promise<readonly number[]> {
  const nodes = groups.map((group) => node("pids.py:Pids", {}, { group }));
  // A value in a list of inputs, which are values themselves.
  const [frame] = await outputOf([[]] as never, nodes);
  return (frame as JsonFrame).value as readonly number[];
}

describe.skipIf(testPython === undefined)("Nodes of one session", () => {
  it("share a worker unless they name different groups", async () => {
    const [first, second, other] = await processesOf("", "", "apart");
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it("do not share it with a session that was opened in the same moment", async () => {
    const [one, other] = await Promise.all([processesOf("", ""), processesOf("", "")]);
    expect(new Set(one).size).toBe(1);
    expect(new Set([...one, ...other]).size).toBe(2);
  });
});
