import { describe, expect, it } from "vitest";
import { any, defineNode, type Fault, Registry, validateManifest } from "../src/index.ts";

const through = defineNode({ type: "through", inputs: { in: any() }, outputs: { out: any() }, create: () => ({}) });
const registry = new Registry([through]);
const wrong = [null, 5, "text", true, [], {}, [null], [5], [[]], [{}], { a: null }];
const fields = ["version", "metadata", "nodes", "connections", "outputs", "interrupt_on"];
const nodeFields = ["id", "node_type", "params", "runtime_hint", "inputs", "on_error", "execution", "grants"];

describe("validation never throws for what a manifest says", () => {
  const node = { id: "a", node_type: "through" };
  const manifest = { version: "v1", metadata: {}, nodes: [node, { ...node, id: "b" }], connections: [{ from: "a", to: "b" }] };

  it.each(fields)("%s may be anything", (field) => {
    for (const value of wrong)
      expect(() => validateManifest({ ...manifest, [field]: value }, registry), JSON.stringify(value)).not.toThrow();
  });

  it.each(nodeFields)("%s of a node may be anything, or missing", (field) => {
    for (const value of [undefined, ...wrong]) {
      const nodes = JSON.parse(JSON.stringify([{ ...node, [field]: value }, manifest.nodes[1]])) as unknown;
      expect(() => validateManifest({ ...manifest, nodes }, registry), JSON.stringify(value)).not.toThrow();
    }
  });

  it("tells a broken end beside a node without an id", () => {
    const { faults } = validateManifest(
      { ...manifest, nodes: [{ node_type: "through" }], connections: [{ from: "x", to: "a" }] },
      registry,
    );
    expect(faults.map(({ pointer }) => pointer)).toEqual(["/nodes/0", "/connections/0/from", "/connections/0/to"]);
  });

  it("says in plain words what is wrong with parameters, once, with what was meant", () => {
    const strict = defineNode({
      type: "strict",
      params: { type: "object", additionalProperties: false, required: ["rate"], properties: { rate: { type: "number", maximum: 5 } } },
      create: () => ({}),
    });
    const check = (params: object) => {
      const { faults, warnings } = validateManifest(
        { version: "v1", nodes: [{ id: "a", node_type: "strict", params }] },
        new Registry([strict]),
      );
      expect(warnings).toEqual([]);
      return faults.map(({ pointer, message, fix }: Fault) => [pointer, message, fix]);
    };
    expect(check({ rat: 1 })).toEqual([
      ["/nodes/0/params", '"rate" is missing', undefined],
      ["/nodes/0/params/rat", 'strict has no parameter "rat"', 'Did you mean "rate"?'],
    ]);
    expect(check({ rate: 6 })).toEqual([["/nodes/0/params/rate", '"rate": 6 is greater than 5', undefined]]);
    expect(check({ rate: "x" })).toEqual([["/nodes/0/params/rate", '"rate" is string and must be number', undefined]]);
  });
});
