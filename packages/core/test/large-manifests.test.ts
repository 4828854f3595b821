import { type Frame, Pipeline, parseLaunchLine, parseManifest, validateManifest } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { node, said } from "./nodes.ts";
import { wired } from "./wired.ts";

const pass = (frame: Frame): Frame => frame;
const { host } = wired({ nodes: { pass } });
/** Of the processor: a busy machine takes longer, not more. */
const seconds = async (work: () => unknown): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  return process.cpuUsage(before).user / 1e6;
};

describe("A manifest as large as one may be", () => {
  const nodes = Array.from({ length: 10_000 }, (_, i) => ({ id: `n${i}`, node_type: "pass" }));

  it("is validated in the time that it takes to read", async () => {
    const connections = Array.from({ length: 100_000 }, (_, i) => ({ from: `n${i % 5_000}.out`, to: `n${5_000 + ((i * 7) % 5_000)}.in` }));
    let warnings = 0;
    expect(
      await seconds(
        () =>
          ({
            warnings: { length: warnings },
          } = validateManifest({ version: "v1", nodes, connections }, host.registry)),
      ),
    ).toBeLessThan(8);
    expect(warnings).toBeGreaterThan(0);
  });

  it("gives up advising where everything is wrong, but tells every fault", async () => {
    const connections = Array.from({ length: 20_000 }, (_, i) => ({ from: `m${i}`, to: `n${i % 10_000}x` }));
    let faults = 0;
    expect(
      await seconds(
        () =>
          ({
            faults: { length: faults },
          } = validateManifest({ version: "v1", nodes, connections }, host.registry)),
      ),
    ).toBeLessThan(15);
    expect(faults).toBe(40_000);
  });

  it("runs as one row of ten thousand nodes, because deep chains queue", async () => {
    const row = Object.fromEntries(nodes.map(({ id }) => [id, pass]));
    const { outputs } = await wired({ nodes: row, wires: [Object.keys(row).join(" > ")] }).pipeline.run(["a", "b"]);
    expect(outputs["n9999"]?.map(said)).toEqual(["a", "b"]);
  });

  it("is built by hand without counting from one for every node", async () => {
    const pipeline: Pipeline = new Pipeline("large", host);
    const spec = node("echo", { process: (frame, _port, out) => out.emit("out", frame) });
    expect(
      await seconds(() => {
        for (let i = 0; i < 3_000; i++) pipeline.add(spec);
      }),
    ).toBeLessThan(5);
    expect(pipeline.toManifest().nodes.at(-1)?.id).toBe("echo_3000");
  });
});

describe("Text that means harm", () => {
  it("a launch line of thousands of nodes is read", async () => {
    const line = Array.from({ length: 4_000 }, () => "a").join(" ! ");
    expect(await seconds(() => parseLaunchLine(line))).toBeLessThan(3);
  });

  it.each(["{", "[", '"', "'", '"\\'])("brackets and quotes that are never closed: %s", async (open) => {
    expect(
      await seconds(() => {
        try {
          parseLaunchLine(`a b=${open.repeat(8_000)}`.slice(0, 16_384));
        } catch {
          /* unreadable is fine */
        }
      }),
    ).toBeLessThan(5);
  });

  it("a line that nobody typed is refused", () => {
    expect(() => parseLaunchLine(`a ${"b=1 ".repeat(10_000)}`)).toThrow("write a manifest");
    expect(() => parseManifest("x".repeat(17 * 1024 ** 2))).toThrow(/characters long/);
  });

  it("values that nest deeper than anybody needs, also where parts are shared", () => {
    expect(() => parseManifest(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`)).toThrow("nests too deep");
    let shared: object = {};
    for (let i = 0; i < 80; i++) shared = { a: shared, b: shared };
    expect(() => parseManifest({ version: "v1", nodes: [{ id: "a", node_type: "pass", params: shared }] })).toThrow("nests too deep");
  });

  it("names of what every object has", async () => {
    const text =
      '{"version":"v1","__proto__":{"polluted":1},"nodes":[{"id":"__proto__","node_type":"pass","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},{"id":"constructor","node_type":"pass"},{"id":"hasOwnProperty","node_type":"pass"}],"connections":[{"from":"__proto__","to":"constructor"},{"from":"constructor","to":"hasOwnProperty"}]}';
    const pipeline = Pipeline.fromManifest(text, host);
    const { outputs } = await pipeline.run("x");
    expect(Object.entries(outputs).map(([name, frames]) => [name, frames.map(said)])).toEqual([["hasOwnProperty", ["x"]]]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(JSON.parse(JSON.stringify(pipeline.toManifest()))).toEqual(JSON.parse(text));
    const { faults } = validateManifest(
      JSON.parse(
        '{"version":"v1","nodes":[{"id":"a","node_type":"constructor"},{"id":"b","node_type":"pass"}],"connections":[{"from":"b.constructor","to":"b.toString"}]}',
      ),
      host.registry,
    );
    expect(faults.map(({ code }) => code)).toEqual(["node-unknown", "port-unknown", "port-unknown"]);
  });
});
