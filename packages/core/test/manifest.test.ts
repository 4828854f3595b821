import { testHost } from "@remotemedia/conformance";
import {
  any,
  audio,
  defineNode,
  event,
  type Fault,
  type Frame,
  Pipeline,
  parseLaunchLine,
  parseManifest,
  text,
  validateManifest,
} from "@remotemedia/core";
import { describe, expect, it } from "vitest";

const echo = defineNode({
  type: "echo",
  inputs: { in: any() },
  outputs: { out: any() },
  params: {
    type: "object",
    additionalProperties: false,
    properties: { times: { type: "integer", minimum: 1, default: 1 }, free_form: { type: "object" } },
  },
  create: () => ({ process: (frame, _port, out) => out.emit("out", frame) }),
});
const listen = defineNode({
  type: "listen",
  inputs: { in: audio("f32-planar") },
  outputs: { out: text(), events: event() },
  create: () => ({ process: () => undefined }),
});
const ear = defineNode({ type: "ear", inputs: { in: text() }, create: () => ({ process: () => undefined }) });
const host = testHost({ nodes: [echo, listen, ear] });
const check = (manifest: object) => validateManifest(manifest, host.registry);
const told = (faults: readonly Fault[]) => faults.map(({ code, pointer, fix }) => [code, pointer, fix]);

describe("A manifest", () => {
  const full = {
    version: "v1",
    metadata: { name: "full", description: "all of it", created_at: "2026-01-01", auto_negotiate: false, owner: { team: "x" } },
    nodes: [
      {
        id: "a.b",
        node_type: "echo",
        params: { times: 2, free_form: { camelCase: 1, snake_case: { deep_er: [1, null, "ü"] } } },
        runtime_hint: "js",
        is_streaming: true,
        host: "local",
        capabilities: { gpu: true },
        execution: { placement: "edge", fallback: "none" },
        inputs: { in: { sync: "timestamp", tolerance_us: 5, keep_stale: true } },
        on_error: { retry: { attempts: 2, base_ms: 5 }, action: "skip", timeout_ms: 100 },
        package: "oci://x",
        grants: { fs: [] },
        later: [1],
      },
      { id: "c", node_type: "echo", is_output_node: true },
    ],
    connections: [{ from: "a.b.out", to: "c", queue: { size: 3, bytes: 100, policy: "latest", max_age_ms: 7 }, note: "kept" }],
    outputs: ["c", "a.b"],
    interrupt_on: ["a.b.out:stop"],
    extension: { anything: [true] },
  };

  it("comes back as it was: nothing is lost, added or renamed", () => {
    expect(Pipeline.fromManifest(JSON.stringify(full), host).toManifest()).toEqual(full);
    expect(JSON.stringify(Pipeline.fromManifest(full, host).toManifest())).toBe(JSON.stringify(full));
    const { faults, warnings } = check(full);
    // Kept, though this version cannot run it.
    expect(faults.map(({ code, pointer }) => [code, pointer])).toEqual([["host-unsupported", "/nodes/0/inputs/in/sync"]]);
    expect(warnings.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(["/metadata/owner", "/nodes/0/later", "/connections/0/note", "/extension"]),
    );
  });

  it("is what a pipeline written by hand becomes, and the other way round", async () => {
    const pipeline = new Pipeline("hand", host)
      .add(echo({ times: 3, freeForm: { keepMe: 1 } }))
      .add(echo(), "last", { on_error: { action: "skip" } });
    const manifest = pipeline.toManifest();
    expect(manifest).toEqual({
      version: "v1",
      metadata: { name: "hand" },
      nodes: [
        { id: "echo", node_type: "echo", params: { times: 3, free_form: { keepMe: 1 } } },
        { id: "last", node_type: "echo", on_error: { action: "skip" } },
      ],
      connections: [{ from: "echo", to: "last" }],
    });
    expect((await Pipeline.fromManifest(manifest, host).run("x")).outputs["last"]).toHaveLength(1);
  });

  it("cannot hold what exists only here, and names it", () => {
    const pipeline = new Pipeline("inline", host).map((frame: Frame) => frame, "mine");
    expect(() => pipeline.toManifest()).toThrow(expect.objectContaining({ code: "not-serializable", node: "mine" }));
  });

  it("does not change when the one that it was made from does", () => {
    const own = structuredClone(full);
    const pipeline = Pipeline.fromManifest(own, host);
    own.nodes.pop();
    pipeline.toManifest().nodes.pop();
    expect(pipeline.toManifest().nodes).toHaveLength(2);
  });

  it("may come with its input, as the earlier SDK wrote it", () => {
    expect(parseManifest({ manifest: full, input_data: { x: 1 } })).toEqual({ manifest: full, inputData: { x: 1 } });
  });
});

describe("Validation tells all faults at once", () => {
  it("each with its place and what was probably meant", () => {
    const { faults, graph } = check({
      version: "v2",
      metadata: { name: 5 },
      nodes: [
        { id: "a", node_type: "echo", params: { times: 0 } },
        { id: "a", node_type: "echo" },
        { id: "b", node_type: "ecko" },
        { id: "c", node_type: "listen", inputs: { inn: { keep_stale: true } } },
        { id: "d", node_type: "ear" },
        { id: "e", node_type: "echo", runtime_hint: "fast" },
        { id: "x", node_type: "echo" },
        { id: "y", node_type: "echo" },
        { node_type: "echo" },
      ],
      connections: [
        { from: "a", to: "z" },
        { from: "c.evnts", to: "a" },
        { from: "c.events", to: "d" },
        { from: "d", to: "a" },
        { from: "x", to: "y" },
        { from: "y", to: "x" },
        { from: "a" },
      ],
      outputs: ["nowhere"],
      interrupt_on: ["c.events"],
    });
    expect(graph).toBeUndefined();
    const expected = [
      ["manifest-invalid", "/version"],
      ["manifest-invalid", "/metadata/name"],
      ["params-invalid", "/nodes/0/params/times"],
      ["manifest-invalid", "/nodes/1/id"],
      ["node-unknown", "/nodes/2/node_type", 'Did you mean "echo"?'],
      ["port-unknown", "/nodes/3/inputs/inn", 'Did you mean "in"?'],
      ["manifest-invalid", "/nodes/5/runtime_hint"],
      ["manifest-invalid", "/nodes/8"],
      ["manifest-invalid", "/connections/0/to"],
      ["port-unknown", "/connections/1/from", 'Did you mean "events"?'],
      ["media-incompatible", "/connections/2"],
      ["port-unknown", "/connections/3/from"],
      ["cycle", "/connections"],
      ["manifest-invalid", "/connections/6"],
      ["manifest-invalid", "/outputs/0"],
      ["manifest-invalid", "/interrupt_on/0"],
    ] as const;
    for (const [code, pointer, fix] of expected) {
      const there = faults.filter((fault) => fault.pointer === pointer);
      expect(
        there.map((fault) => fault.code),
        pointer,
      ).toContain(code);
      if (fix !== undefined) expect(there.map((fault) => fault.fix)).toContain(fix);
    }
  });

  it.each([
    [null],
    [[]],
    ["text"],
    [5],
    [{}],
    [{ version: "v1" }],
    [{ version: "v1", nodes: "x" }],
    [{ version: "v1", nodes: [null] }],
    [{ version: "v1", nodes: [{}], connections: [5] }],
    [{ version: "v1", nodes: [] }],
  ])("and never throws for what it is given: %j", (manifest) => {
    expect(check(manifest as object).faults.length).toBeGreaterThan(0);
  });

  it("names the path of a cycle", () => {
    const nodes = ["a", "b", "c", "d"].map((id) => ({ id, node_type: "echo" }));
    const { faults } = check({
      version: "v1",
      nodes,
      connections: [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "c", to: "b" },
        { from: "c", to: "d" },
      ],
    });
    expect(faults.map(({ code, message }) => [code, message])).toEqual([["cycle", expect.stringMatching(/b → c → b|c → b → c/)]]);
  });

  it("warns of what is probably a mistake, and runs", async () => {
    const nodes = ["a", "b", "alone"].map((id) => ({ id, node_type: "echo" }));
    const { faults, warnings } = check({
      version: "v1",
      nodes,
      connections: [
        { from: "a", to: "b" },
        { from: "a", to: "b" },
      ],
      conections: [],
    });
    expect(faults).toEqual([]);
    expect(told(warnings)).toEqual(
      expect.arrayContaining([
        ["manifest-invalid", "/connections/1", undefined],
        ["manifest-invalid", "/nodes/2", undefined],
        ["manifest-invalid", "/conections", 'Did you mean "connections"?'],
      ]),
    );
  });

  it("does not warn of a node without connections that the outputs name", () => {
    const nodes = ["a", "b", "alone", "forgotten"].map((id) => ({ id, node_type: "echo" }));
    const { warnings } = check({ version: "v1", nodes, connections: [{ from: "a", to: "b" }], outputs: ["b", "alone"] });
    expect(told(warnings)).toEqual([["manifest-invalid", "/nodes/3", undefined]]);
  });

  it("lets an existing id win over a split at a dot", () => {
    const nodes = [
      { id: "a", node_type: "listen" },
      { id: "a.events", node_type: "echo" },
      { id: "b", node_type: "echo" },
    ];
    const { graph } = check({
      version: "v1",
      nodes,
      connections: [
        { from: "a.events", to: "b" },
        { from: "a.events.out", to: "b" },
      ],
    });
    expect(graph?.edges.map(({ from }) => from)).toEqual([
      { node: "a.events", port: "out" },
      { node: "a.events", port: "out" },
    ]);
  });
});

describe("A launch line", () => {
  it("is a manifest", () => {
    expect(parseLaunchLine('echo times=2 ! listen name=l ! ear l.events ! echo free_form={"a": [1, "b c"]}')).toEqual({
      version: "v1",
      metadata: { name: "" },
      nodes: [
        { id: "echo", node_type: "echo", params: { times: 2 } },
        { id: "l", node_type: "listen", params: {} },
        { id: "ear", node_type: "ear", params: {} },
        { id: "echo_2", node_type: "echo", params: { free_form: { a: [1, "b c"] } } },
      ],
      connections: [
        { from: "echo", to: "l" },
        { from: "l", to: "ear" },
        { from: "l.events", to: "echo_2" },
      ],
    });
  });

  it("takes quoted text, and words with signs in them", () => {
    expect(parseLaunchLine(`echo a="x ! y" b='{"z"}' c=/tmp/a.wav d=null e=-1.5 f=true g=a=b`).nodes[0]?.params).toEqual({
      a: "x ! y",
      b: '{"z"}',
      c: "/tmp/a.wav",
      d: null,
      e: -1.5,
      f: true,
      g: "a=b",
    });
  });

  it.each([
    ["", "no node"],
    ["! echo", "without a node before it"],
    ["echo !", 'nothing after the last "!"'],
    ["echo ! ! echo", "without a node before it"],
    ["times=2", "without a node before it"],
  ])("that cannot be read says why: %j", (line, why) => {
    expect(() => parseLaunchLine(line)).toThrow(why);
  });
});
