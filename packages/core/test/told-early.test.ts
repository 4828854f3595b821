import { testHost } from "@remotemedia/conformance";
import { defineNode, json, Pipeline, parseLaunchLine, Registry, validateManifest } from "@remotemedia/core";
import { describe, expect, it } from "vitest";

const pipeline = () => new Pipeline("early", testHost());
const broken = (create: () => object | undefined) =>
  defineNode({ type: "broken", inputs: { in: json() }, outputs: { out: json() }, create: create as never });

describe("What authors forget is told before the first frame", () => {
  it("a misspelled hook", async () => {
    await expect(
      pipeline()
        .add(broken(() => ({ proces: () => undefined }))())
        .run(1),
    ).rejects.toMatchObject({ code: "start-failed", node: "broken", received: "proces" });
  });

  it("a create that gives nothing back", async () => {
    await expect(
      pipeline()
        .add(broken(() => undefined)())
        .run(1),
    ).rejects.toMatchObject({ code: "start-failed", message: "create of broken gave back undefined" });
  });

  it("a factory that was not called", () => {
    expect(() => pipeline().add(broken(() => ({})) as never)).toThrow(
      expect.objectContaining({ code: "usage", fix: "Call it: add(vad())." }),
    );
  });

  it.each([
    [{ samples: [1, 2, 3], sampleRate: 8_000 }],
    [{ samples: new Float32Array(3) }],
    [new Float32Array(3)],
    [{ samples: new Float32Array(4), sampleRate: 8_000, channels: 2 }],
  ])("samples without a rate or an array of their own", async (input) => {
    await expect(
      pipeline()
        .map((frame) => frame)
        .run(input as never),
    ).rejects.toMatchObject({ code: "usage" });
  });

  it("a quote that is not closed", () => {
    expect(() => parseLaunchLine('file-source path="in.wav ! vad')).toThrow(
      expect.objectContaining({ code: "manifest-invalid", message: expect.stringContaining("not closed") }),
    );
  });

  it("a single fault names its node and its own advice", async () => {
    const manifest = { version: "v1", nodes: [{ id: "a", node_type: "brokn" }] };
    const host = testHost({ nodes: [broken(() => ({ process: () => undefined }))] });
    await expect(Pipeline.fromManifest(manifest, host).run(1)).rejects.toMatchObject({
      code: "node-unknown",
      node: "a",
      fix: 'Did you mean "broken"?',
    });
  });

  it("what the format knows and this version does not do", () => {
    const manifest = {
      version: "v1",
      nodes: [
        { id: "a", node_type: "broken", inputs: { in: { sync: "timestamp" } } },
        { id: "b", node_type: "broken", host: "far:1234", package: "oci://x/y" },
      ],
      connections: [{ from: "a", to: "b" }],
    };
    const { faults, warnings } = validateManifest(manifest, new Registry([broken(() => undefined)]));
    expect(faults.map(({ code, pointer }) => [code, pointer])).toEqual([["host-unsupported", "/nodes/0/inputs/in/sync"]]);
    expect(warnings.map(({ pointer }) => pointer)).toEqual(["/nodes/1/host", "/nodes/1/package"]);
  });

  it("and a watch of the event loop ends with a session that could not be made", async () => {
    let watching = 0;
    const watchLoop = () => {
      watching++;
      return { current: new Int32Array(1), add: () => 1, stop: () => void watching-- };
    };
    const host = { ...testHost(), watchLoop };
    await expect(new Pipeline("early", host).add(broken(() => undefined)()).run(1)).rejects.toMatchObject({ code: "start-failed" });
    expect(watching).toBe(0);
    await new Pipeline("fine", host).map((frame) => frame).run(1);
    expect(watching).toBe(0);
  });
});
