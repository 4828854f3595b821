import { expect, it } from "vitest";
import { any, defineNode, type Host, Pipeline, Registry, sameAs, systemClock } from "../src/index.ts";

it("the error that a batch throws is not logged as well", async () => {
  const logged: string[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (message: string) => logged.push(message) };
  const kernels = async () => ({ js: { runtime: "js" } as never });
  const host: Host = { name: "test", registry: new Registry(), kernels, clock: systemClock, log, capabilities: [] };
  const failing = defineNode({
    type: "failing",
    inputs: { in: any() },
    outputs: { out: sameAs("in") },
    create: () => ({
      process() {
        throw new Error("no");
      },
    }),
  });
  await expect(new Pipeline("x", host).add(failing()).run(1)).rejects.toThrow("no");
  expect(logged).toEqual([]);
});
