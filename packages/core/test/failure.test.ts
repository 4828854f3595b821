import { collect } from "@remotemedia/conformance";
import { audio, type Frame, type NodeExecutor, sameAs, textFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { Gate, never, node, said, sound } from "./nodes.ts";
import { type Wiring, wired } from "./wired.ts";

type OnError = NonNullable<Extract<Wiring["nodes"][string], readonly unknown[]>[1]["on_error"]>;

/** A node that fails in its first `failures` calls, in a live session. */
async function failing(
  failures: number,
  onError: OnError = {},
  declaration: Parameters<typeof node>[2] = { outputs: { out: sameAs("in") } },
) {
  const calls: unknown[] = [];
  const process: NodeExecutor["process"] = (frame, _port, out) => {
    calls.push(said(frame));
    if (calls.length > failures) return out.emit("out", frame);
    if ("data" in frame) frame.writable().data.fill(99);
    throw new Error("no");
  };
  const { pipeline, clock, host } = wired({ nodes: { bad: [node("bad", { process }, declaration), { on_error: onError }] } });
  const session = await pipeline.open();
  return { session, clock, host, calls, got: collect(session.output()), errors: collect(session.errors) };
}

const codes = (errors: readonly { error: { code: string; node?: string }; count: number }[]) =>
  errors.map(({ error, count }) => [error.code, error.node, count]);

describe("A node that fails", () => {
  it("stops a batch, with its error and its cause", async () => {
    const cause = new Error("no");
    const { pipeline } = wired({
      nodes: {
        a: (frame: Frame) => frame,
        bad: () => {
          throw cause;
        },
      },
      wires: ["a > bad"],
    });
    await expect(pipeline.run("x")).rejects.toMatchObject({ code: "node-failed", node: "bad", port: "in", message: "no", cause });
  });

  it.each([
    [
      "at once",
      () => {
        throw new Error("no");
      },
    ],
    [
      "later",
      async () => {
        throw new Error("no");
      },
    ],
  ] as const)("and stops a batch %s is not entered again with the next item", async (_, fail) => {
    const seen: unknown[] = [];
    const bad = (frame: Frame) => {
      seen.push(said(frame));
      return fail();
    };
    const { pipeline } = wired({ nodes: { bad } });
    await expect(pipeline.run(["a", "b", "c"])).rejects.toMatchObject({ code: "node-failed", node: "bad" });
    expect(seen).toEqual(["a"]);
  });

  it("is skipped in a batch that says so", async () => {
    let calls = 0;
    const { pipeline } = wired({
      nodes: {
        bad: [
          (frame: Frame) => {
            if (calls++ === 1) throw new Error("no");
            return frame;
          },
          { on_error: { action: "skip" } },
        ],
      },
    });
    const { outputs, metrics } = await pipeline.run(["a", "b", "c"]);
    expect(outputs["bad"]?.map(said)).toEqual(["a", "c"]);
    expect(metrics.node_metrics.find(({ node_id }) => node_id === "bad")).toMatchObject({
      execution_count: 3,
      error_count: 1,
      success_count: 2,
    });
  });

  it("is bypassed live where its output has the format of its input: nothing of a failed change shows", async () => {
    const { session, clock, got, errors } = await failing(1);
    for (const value of [1, 2]) await session.push(sound(value));
    await clock.advance(0);
    expect(got.map(said)).toEqual([1, 2]);
    expect(codes(errors)).toEqual([["node-failed", "bad", 1]]);
  });

  it("is skipped live where the node answers: what it was asked is no answer", async () => {
    const { session, clock, got, errors } = await failing(1, {}, { answers: true });
    for (const value of [1, 2]) await session.push(sound(value));
    await clock.advance(0);
    expect(got.map(said)).toEqual([2]);
    expect(codes(errors)).toEqual([["node-failed", "bad", 1]]);
  });

  it("gives silence of the same length live where the format is another one", async () => {
    const { session, clock, got } = await failing(
      1,
      {},
      { inputs: { in: audio() }, outputs: { out: audio({ format: "f32-planar", sampleRate: 8_000, numberOfChannels: 2 }) } },
    );
    await session.push(sound(1, { timestamp: 40_000 }));
    await clock.advance(0);
    expect([...got]).toMatchObject([
      { kind: "audio", sampleRate: 8_000, numberOfChannels: 2, numberOfFrames: 160, timestamp: 40_000, duration: 20_000 },
    ]);
    expect(said(got[0] as Frame)).toBe(0);
  });

  it.each([1e18, Number.NaN, -20_000])("gives nothing instead of a frame that claims to last %d µs", async (duration) => {
    const { session, clock, got, errors } = await failing(
      1,
      {},
      { inputs: { in: audio() }, outputs: { out: audio({ format: "f32-planar", sampleRate: 8_000, numberOfChannels: 1 }) } },
    );
    await session.push(sound(1, { duration }));
    await clock.advance(0);
    expect([got.length, codes(errors)]).toEqual([0, [["node-failed", "bad", 1]]]);
  });

  it("is skipped live where nothing else makes sense", async () => {
    const { session, clock, got } = await failing(1, {}, { outputs: { out: { kind: "text" } } });
    await session.push(sound(1));
    await session.push("x");
    await clock.advance(0);
    expect(got.map(said)).toEqual(["x"]);
  });

  it("ends a session that says so", async () => {
    const { session, got } = await failing(1, { action: "stop" });
    await session.push("x");
    await expect(session.done).rejects.toMatchObject({ code: "node-failed", node: "bad" });
    await got.ended;
    expect(() => session.push("y")).toThrow("the session is closed");
  });
});

describe("A retry", () => {
  it("comes after 100, 200 and 400 ms, with the frame as it was", async () => {
    const calls: unknown[] = [];
    const bad = (frame: Frame): Frame => {
      if (calls.push(said(frame)) < 4) throw new Error("no");
      return frame;
    };
    const { pipeline, clock } = wired({
      nodes: { a: (frame: Frame) => frame, bad: [bad, { on_error: { retry: { attempts: 3 } } }] },
      wires: [["a > bad", { max_age_ms: 1_000 }]],
    });
    const session = await pipeline.open();
    const [got, errors] = [collect(session.output()), collect(session.errors)];
    await session.push("x");
    for (const [ms, attempts] of [
      [99, 1],
      [1, 2],
      [199, 2],
      [1, 3],
      [399, 3],
      [1, 4],
    ] as const) {
      await clock.advance(ms);
      expect(calls).toHaveLength(attempts);
    }
    expect([got.map(said), errors.length]).toEqual([["x"], 0]);
    expect(session.metrics().node_metrics.find(({ node_id }) => node_id === "bad")?.retries).toBe(3);
  });

  it("sees samples that no failed attempt has changed", async () => {
    const { session, clock, calls, got } = await failing(1, { retry: { attempts: 1 } });
    await session.push(sound(5));
    await clock.advance(100);
    expect([calls, got.map(said)]).toEqual([[5, 5], [5]]);
  });

  it("is not made when something was emitted already", async () => {
    let calls = 0;
    const half = node("half", {
      process(frame, _port, out) {
        calls++;
        void out.emit("out", frame);
        throw new Error("no");
      },
    });
    const { pipeline, clock } = wired({ nodes: { half: [half, { on_error: { retry: { attempts: 3 } } }] } });
    const session = await pipeline.open();
    const got = collect(session.output());
    await session.push("x");
    await clock.advance(10_000);
    expect([calls, got.map(said)]).toEqual([1, ["x"]]);
  });

  it("is not made when the frame would be too old by then", async () => {
    const { session, clock, calls } = await failing(9, { retry: { attempts: 5 } });
    await session.push(sound(1));
    await clock.advance(10_000);
    expect(calls).toHaveLength(3);
  });

  it("keeps the order: what comes meanwhile waits", async () => {
    const { session, clock, got } = await failing(1, { retry: { attempts: 1 } });
    for (const text of ["a", "b", "c"]) await session.push(text);
    await clock.advance(100);
    expect(got.map(said)).toEqual(["a", "b", "c"]);
  });

  it("does not outlive the session", async () => {
    const { session, clock, calls } = await failing(9, { retry: { attempts: 20 } });
    await session.push("x");
    const closed = session.close();
    await clock.advance(5_000);
    await closed;
    const before = calls.length;
    await clock.advance(1e9);
    expect(calls).toHaveLength(before);
  });
});

describe("A call that gives no sign of life", () => {
  it("is given up after 30 s; the node is gone around until it settles", async () => {
    const gate = new Gate("gate", { outputs: { out: sameAs("in") } });
    const { pipeline, clock } = wired({ nodes: { gate: gate.spec } });
    const session = await pipeline.open();
    const [got, errors] = [collect(session.output()), collect(session.errors)];
    await session.push("a");
    await clock.advance(29_999);
    expect(got).toHaveLength(0);
    await clock.advance(1);
    await session.push("b");
    await clock.advance(0);
    expect([got.map(said), gate.entered, gate.signals[0]?.aborted]).toEqual([["a", "b"], ["a"], true]);
    expect(codes(errors)).toEqual([["timeout", "gate", 1]]);
    gate.open();
    await clock.advance(0);
    await session.push("c");
    gate.open();
    await clock.advance(0);
    expect([got.map(said), gate.entered]).toEqual([
      ["a", "b", "c"],
      ["a", "c"],
    ]);
  });

  it("is looked after by the deadline of its own node, whatever else waits longer", async () => {
    const { pipeline, clock } = wired({
      nodes: { slow: node("slow", { process: never }), fast: [node("fast", { process: never }), { on_error: { timeout_ms: 100 } }] },
    });
    const session = await pipeline.open();
    const errors = collect(session.errors);
    await session.push("x");
    await clock.advance(100);
    expect(codes(errors)).toEqual([["timeout", "fast", 1]]);
  });

  it("has its time anew with every frame that it emits", async () => {
    const { pipeline, clock } = wired({
      nodes: {
        talks: [
          node("talks", {
            async process(_frame, _port, out) {
              for (let i = 0; i < 10; i++) {
                await new Promise<void>((resolve) => void clock.setTimer(80, resolve));
                await out.emit("out", textFrame(`${i}`));
              }
            },
          }),
          { on_error: { timeout_ms: 100 } },
        ],
      },
    });
    const session = await pipeline.open();
    const [got, errors] = [collect(session.output()), collect(session.errors)];
    await session.push("x");
    await clock.advance(1_000);
    expect([got.length, errors.length]).toEqual([10, 0]);
  });
});

describe("The breaker", () => {
  it("opens after five failures in a row, and tries once after 30 s", async () => {
    const { session, clock, calls, got, errors } = await failing(6);
    for (let i = 0; i < 8; i++) await session.push(sound(i));
    await clock.advance(0);
    expect([calls.length, got.length]).toEqual([5, 8]);
    expect(errors.map(({ error }) => error.code).sort()).toEqual(["circuit-open", "node-failed"]);
    await clock.advance(30_000);
    for (let i = 8; i < 10; i++) await session.push(sound(i));
    expect(calls).toHaveLength(6);
    await clock.advance(30_000);
    for (let i = 10; i < 13; i++) await session.push(sound(i));
    await clock.advance(0);
    expect([calls.length, got.length]).toEqual([9, 13]);
    expect(session.metrics().node_metrics.find(({ node_id }) => node_id === "bad")).toMatchObject({
      execution_count: 9,
      error_count: 6,
      skipped: 4,
    });
  });
});

describe("Errors", () => {
  it("come at most once per node, code and second, with a count", async () => {
    const { session, clock, errors } = await failing(4, { action: "skip" });
    for (let i = 0; i < 3; i++) await session.push("x");
    await clock.advance(1_000);
    await session.push("x");
    await clock.advance(0);
    expect(codes(errors)).toEqual([
      ["node-failed", "bad", 1],
      ["node-failed", "bad", 3],
    ]);
  });

  it("that were held back are told when the session closes", async () => {
    const { session, clock, errors } = await failing(4, { action: "skip" });
    for (let i = 0; i < 3; i++) await session.push("x");
    await session.close();
    await clock.advance(0);
    expect(codes(errors)).toEqual([
      ["node-failed", "bad", 1],
      ["node-failed", "bad", 2],
    ]);
    await errors.ended;
  });

  it("that nobody reads are logged once, when the session closes", async () => {
    const { pipeline, host } = wired({
      nodes: {
        bad: [
          () => {
            throw new Error("no");
          },
          { on_error: { action: "skip" } },
        ],
      },
    });
    const session = await pipeline.open();
    await session.push("x");
    expect(host.lines).toEqual([]);
    await session.close();
    await session.close();
    expect(host.lines).toEqual([expect.stringContaining("node-failed at bad.in: no")]);
  });

  it("never travel up to the one who emitted", async () => {
    let seen: unknown;
    const up = node("up", {
      process(frame, _port, out) {
        try {
          void out.emit("out", frame);
        } catch (error) {
          seen = error;
        }
      },
    });
    const { pipeline } = wired({
      nodes: {
        up,
        down: [
          () => {
            throw new Error("no");
          },
          { on_error: { action: "skip" } },
        ],
      },
      wires: ["up > down"],
    });
    await pipeline.run("x");
    expect(seen).toBeUndefined();
  });
});
