import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calm, expectedEvents, graphArbitrary, runRandom } from "./random-graph.ts";

// More by hand: RANDOM_GRAPHS=20000 RANDOM_SEED=$RANDOM npx vitest run packages/core/test/random-graphs.test.ts
const numRuns = Number(process.env["RANDOM_GRAPHS"] ?? 1_000);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_26);
const timeout = Math.max(60_000, numRuns * 200);

describe("Whatever the graph and whatever its nodes do", () => {
  it("a run ends in time, stops what it started, returns every buffer, keeps the order and gives no stale answer", {
    timeout,
  }, async () => {
    const holds = fc.asyncProperty(graphArbitrary, async (graph) => {
      const { breaches } = await runRandom(graph);
      expect(breaches).toEqual([]);
    });
    await fc.assert(holds, { numRuns, seed, endOnFailure: false });
  });

  it("no event is lost where nothing fails", { timeout }, async () => {
    const holds = fc.asyncProperty(graphArbitrary, async (graph) => {
      const quiet = calm(graph);
      const { breaches, events } = await runRandom(quiet);
      expect(breaches).toEqual([]);
      expect(events).toEqual(expectedEvents(quiet));
    });
    await fc.assert(holds, { numRuns: Math.ceil(numRuns / 2), seed });
  });
});
