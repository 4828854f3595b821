import { BufferPool, type Frame, jsonFrame, textFrame, yieldToEventLoop } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { Gate, node, said, sink, sound, sounds, source } from "./nodes.ts";
import { wired } from "./wired.ts";

const pass = (frame: Frame): Frame => frame;
const slow = async (frame: Frame): Promise<Frame> => {
  await yieldToEventLoop();
  return frame;
};
const saidBy = (outputs: Readonly<Record<string, readonly Frame[]>>) =>
  Object.fromEntries(Object.entries(outputs).map(([name, frames]) => [name, frames.map(said)]));
const texts = (type: string, ...times: number[]) =>
  source(type, () => times.map((timestamp) => textFrame(`${type}${timestamp}`, { timestamp })));

describe("A batch", () => {
  it("takes text, bytes, samples, JSON and frames, one or many, at once or over time", async () => {
    const run = async (input: Parameters<ReturnType<typeof wired>["pipeline"]["run"]>[0]) =>
      (await wired({ nodes: { a: pass } }).pipeline.run(input)).outputs["a"]?.map((frame) => [frame.kind, said(frame)]);
    expect(await run("hello")).toEqual([["text", "hello"]]);
    expect(await run(Uint8Array.of(7))).toEqual([["binary", 7]]);
    expect(await run({ samples: Float32Array.of(0.5), sampleRate: 8_000 })).toEqual([["audio", 0.5]]);
    expect(await run({ samples: Int16Array.of(5), sampleRate: 8_000 })).toEqual([["audio", 5]]);
    expect(await run({ a: 1 })).toEqual([["json", { a: 1 }]]);
    expect(await run(null)).toEqual([["json", null]]);
    expect(await run(textFrame("x"))).toEqual([["text", "x"]]);
    expect(await run(["x", 1, [2]])).toEqual([
      ["text", "x"],
      ["json", 1],
      ["json", [2]],
    ]);
    expect(
      await run(
        (function* () {
          yield "x";
          yield "y";
        })(),
      ),
    ).toEqual([
      ["text", "x"],
      ["text", "y"],
    ]);
    expect(
      await run(
        (async function* () {
          yield "x";
          await yieldToEventLoop();
          yield "y";
        })(),
      ),
    ).toEqual([
      ["text", "x"],
      ["text", "y"],
    ]);
  });

  it("gives what leaves it by id, and by the name under which it was asked for", async () => {
    const { pipeline } = wired({ nodes: { a: pass, b: pass, c: pass }, wires: ["a > b", "a > c"] });
    expect(saidBy((await pipeline.run("x")).outputs)).toEqual({ b: ["x"], c: ["x"] });
    const named = wired({ nodes: { a: pass, b: pass }, wires: ["a > b"], outputs: ["a.out", "b"] });
    expect(saidBy((await named.pipeline.run("x")).outputs)).toEqual({ "a.out": ["x"], b: ["x"] });
  });

  it("numbers what leaves each port, and sources without times are timed by their samples", async () => {
    const { pipeline } = wired({ nodes: { s: source("s", () => [sound(1), sound(2), sound(3)]) } });
    const { outputs } = await pipeline.run();
    expect(outputs["s"]?.map(({ sequence, timestamp }) => [sequence, timestamp])).toEqual([
      [0, 0],
      [1, 20_000],
      [2, 40_000],
    ]);
  });

  it("keeps metadata on the way, and gives outputs nobody else can change", async () => {
    const frame = sound(1, { metadata: { speaker: "A" } });
    const { pipeline } = wired({
      nodes: { make: node("make", { process: (_frame, _port, out) => out.emit("out", out.audio({ numberOfFrames: 4 })) }), b: pass },
      wires: ["make > b"],
      outputs: ["make", "b"],
    });
    const { outputs } = await pipeline.run(frame);
    const [make, b] = [outputs["make"]?.[0], outputs["b"]?.[0]];
    expect([make?.metadata, b?.metadata]).toEqual([{ speaker: "A" }, { speaker: "A" }]);
    expect("data" in (make as Frame) && "data" in (b as Frame) && (make as typeof frame).data !== (b as typeof frame).data).toBe(true);
  });

  it("says what is missing: input that nobody takes, and input that was not given", async () => {
    await expect(wired({ nodes: { a: pass } }).pipeline.run()).rejects.toMatchObject({ code: "usage" });
    await expect(wired({ nodes: { s: texts("s", 0) } }).pipeline.run("x")).rejects.toMatchObject({ code: "usage" });
  });

  it("ends with the error of the input that it was given", async () => {
    const input = (function* () {
      yield "x";
      throw new Error("the file is gone");
    })();
    await expect(wired({ nodes: { a: pass } }).pipeline.run(input)).rejects.toMatchObject({ message: "the file is gone" });
  });

  it("streams: frames come one by one, and whoever stops reading ends the run", async () => {
    const log: string[] = [];
    const { pipeline } = wired({
      nodes: {
        s: node("s", {
          *produce() {
            for (let i = 0; ; i++) yield textFrame(`${i}`);
          },
          stop: () => void log.push("stopped"),
        }),
      },
    });
    for await (const frame of pipeline.stream()) {
      log.push(said(frame) as string);
      if (log.length === 3) break;
    }
    expect(log).toEqual(["0", "1", "2", "stopped"]);
  });

  it("lends frames to readers who ask for it, and takes them back", async () => {
    const pool = new BufferPool({ poison: true });
    const make = node("make", {
      process: (_frame, _port, out) => {
        const made = out.audio({ numberOfFrames: 4, sampleRate: 8_000 });
        made.data.fill(1);
        return out.emit("out", made);
      },
    });
    const seen: unknown[] = [];
    for await (const frame of wired({ nodes: { make } }).pipeline.stream(["a", "b", "c"], { pool, borrow: true })) seen.push(said(frame));
    expect([seen, pool.inUse]).toEqual([[1, 1, 1], 0]);
  });
});

describe("Where branches meet in a batch", () => {
  it("a list is concatenated in the order of the connections, whichever branch is faster", async () => {
    for (const [b, c] of [
      [slow, pass],
      [pass, slow],
      [slow, slow],
      [pass, pass],
    ] as const) {
      const { pipeline } = wired({ nodes: { a: pass, b, c, d: pass }, wires: ["a > b", "a > c", "c > d", "b > d"] });
      const tagged = wired({
        nodes: {
          a: pass,
          b: async (frame: Frame) => textFrame(`b${said(await b(frame))}`),
          c: async (frame: Frame) => textFrame(`c${said(await c(frame))}`),
          d: pass,
        },
        wires: ["a > b", "a > c", "c > d", "b > d"],
      });
      expect(saidBy((await pipeline.run(["1", "2"])).outputs)).toEqual({ d: ["1", "2", "1", "2"] });
      expect(saidBy((await tagged.pipeline.run(["1", "2"])).outputs)).toEqual({ d: ["c1", "c2", "b1", "b2"] });
    }
  });

  it("sources are merged by time, ties in the order of the connections", async () => {
    const { pipeline } = wired({ nodes: { a: texts("a", 0, 10, 20), b: texts("b", 0, 5, 20, 30), m: pass }, wires: ["b > m", "a > m"] });
    expect(saidBy((await pipeline.run()).outputs)).toEqual({ m: ["b0", "a0", "b5", "a10", "b20", "a20", "b30"] });
  });

  it("a duplicate edge brings its data twice", async () => {
    const { pipeline } = wired({ nodes: { a: pass, b: pass }, wires: ["a > b", "a > b"] });
    expect(saidBy((await pipeline.run(["x", "y"])).outputs)).toEqual({ b: ["x", "y", "x", "y"] });
    expect(pipeline.warnings()).toMatchObject([{ pointer: "/connections/1", message: "a → b is connected twice: its data arrive twice" }]);
  });

  it("the result is the same every time, however long each branch takes", async () => {
    const random = (seed: number) => {
      let state = seed;
      return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    };
    const once = async (seed: number) => {
      const next = random(seed);
      const some = async (frame: Frame): Promise<Frame> => {
        for (let i = next() * 4; i > 0; i--) await yieldToEventLoop();
        return frame;
      };
      const { pipeline } = wired({
        nodes: {
          a: source("a", () => sounds(12)),
          b: source("b", () => sounds(9, { from: 100, timestamp: 5_000 })),
          x: some,
          y: some,
          m: pass,
        },
        wires: ["a > x > m", "b > y > m", "a > m"],
      });
      return saidBy((await pipeline.run()).outputs)["m"];
    };
    const first = await once(1);
    expect(first).toHaveLength(33);
    for (let seed = 2; seed < 8; seed++) expect(await once(seed)).toEqual(first);
  });

  it("an untouched frame is shared, and a branch that changes it changes its own", async () => {
    const louder = node("louder", {
      process(frame, _port, out) {
        if (!("data" in frame)) return;
        const own = frame.writable();
        own.data.fill(9);
        return out.emit("out", own);
      },
    });
    const { pipeline } = wired({ nodes: { a: pass, louder, b: pass }, wires: ["a > louder", "a > b"] });
    const pool = new BufferPool({ poison: true });
    expect(saidBy((await pipeline.run(sounds(3), { pool })).outputs)).toEqual({ louder: [9, 9, 9], b: [0, 1, 2] });
    expect(pool.inUse).toBe(0);
  });

  it("a branch that swallows does not stop the others", async () => {
    const { pipeline } = wired({
      nodes: { a: source("a", () => sounds(200)), none: () => undefined, m: pass },
      wires: ["a > none > m", "a > m"],
    });
    expect((await pipeline.run()).outputs["m"]).toHaveLength(200);
  });

  it("a short queue that can never be emptied is a deadlock, which names the edges", async () => {
    for (const emits of [pass, async (frame: Frame) => frame]) {
      const { pipeline, clock } = wired({
        nodes: { a: source("a", () => sounds(200)), b: emits, none: () => undefined, m: pass },
        wires: ["a > b", ["b > m", { size: 4 }], "a > none > m"],
      });
      const run = pipeline.run().catch((error: unknown) => error);
      for (let i = 0; i < 20; i++) await clock.advance(1_000);
      expect(await run).toMatchObject({ code: "deadlock", message: expect.stringContaining("b.out → m.in") });
    }
  });

  it("a deadlock is seen behind a source that awaits what emit gave", async () => {
    const awaits = node("awaits", {
      async produce(out) {
        for (const frame of sounds(20)) await out.emit("out", frame);
      },
    });
    const { pipeline, clock } = wired({
      nodes: { a: awaits, none: () => undefined, m: pass },
      wires: ["a > none > m", ["a > m", { size: 1 }]],
    });
    const run = pipeline.run().catch((error: unknown) => error);
    for (let i = 0; i < 50; i++) await clock.advance(1_000);
    expect(await run).toMatchObject({ code: "deadlock" });
  });
});

describe("Back-pressure in a batch", () => {
  it("emit gives a promise when the queue is full, and whoever awaits it loses nothing", async () => {
    const promises: unknown[] = [];
    const eager = node("eager", {
      async produce(out) {
        for (let i = 0; i < 300; i++) {
          const wait = out.emit("out", textFrame(`${i}`));
          promises.push(wait);
          await wait;
        }
      },
    });
    const { pipeline } = wired({ nodes: { eager, slow }, wires: ["eager > slow"] });
    expect((await pipeline.run()).outputs["slow"]).toHaveLength(300);
    expect(promises.filter((wait) => wait !== undefined).length).toBeGreaterThan(0);
    expect(promises.slice(0, 60).every((wait) => wait === undefined)).toBe(true);
  });

  it("a synchronous node that ignores the promise is held back all the same", async () => {
    const gate = new Gate();
    let calls = 0;
    const rude = node("rude", {
      process(frame, _port, out) {
        calls++;
        void out.emit("out", frame);
      },
    });
    const { pipeline, clock } = wired({
      nodes: { s: source("s", () => sounds(1_000)), rude, gate: gate.spec },
      wires: ["s > rude > gate"],
    });
    const run = pipeline.run();
    await clock.advance(0);
    expect(calls).toBeLessThan(70);
    while (gate.entered.length < 1_000) {
      gate.open();
      await yieldToEventLoop();
    }
    gate.open();
    expect((await run).outputs["gate"]).toHaveLength(1_000);
  });

  it("one call that pushes on without waiting fails at four times the size", async () => {
    let emitted = 0;
    const floods = node("floods", {
      process(_frame, _port, out) {
        for (; emitted < 1_000; emitted++) void out.emit("out", textFrame(`${emitted}`));
      },
    });
    const { pipeline } = wired({ nodes: { floods, gate: new Gate().spec }, wires: [["floods > gate", { size: 10 }]] });
    await expect(pipeline.run("x")).rejects.toMatchObject({
      code: "overflow",
      node: "floods",
      fix: expect.stringContaining("return out.emit"),
    });
    expect(emitted).toBe(41);
  });

  it("a slow branch holds its siblings to its pace, and loses nothing", async () => {
    const fast = sink();
    const { pipeline } = wired({ nodes: { s: source("s", () => sounds(500)), slow, fast: fast.spec }, wires: ["s > slow", "s > fast"] });
    const { outputs, metrics } = await pipeline.run();
    expect([outputs["slow"]?.length, fast.got.length]).toEqual([500, 500]);
    expect(metrics.edges.find(({ edge }) => edge === "s.out → slow.in")?.peak_queued).toBeLessThanOrEqual(66);
  });
});

describe("Live queues", () => {
  it("a full branch never holds back its siblings", async () => {
    const stuck = new Gate("stuck");
    const free = sink();
    const { pipeline, clock } = wired({
      nodes: {
        a: node("a", { process: (frame, _port, out) => out.emit("out", frame) }, { answers: true }),
        stuck: stuck.spec,
        free: free.spec,
      },
      wires: ["a > stuck", "a > free"],
    });
    const session = await pipeline.open();
    for (const frame of sounds(500)) await session.push(frame);
    await clock.advance(0);
    expect(free.got).toHaveLength(500);
    expect(session.metrics().edges.find(({ edge }) => edge === "a.out → stuck.in")).toMatchObject({ dropped_full: 500 - 1 - 128 });
  });

  it("answers block: push gives a promise, and nothing is lost to whoever awaits", async () => {
    const gate = new Gate();
    const { pipeline, clock } = wired({
      nodes: { a: node("a", { process: (frame, _port, out) => out.emit("out", frame) }, { answers: true }), gate: gate.spec },
      wires: ["a > gate"],
    });
    const session = await pipeline.open();
    for (let i = 0; i < 60; i++) void session.push(jsonFrame(i));
    const opened = (async () => {
      for (let i = 0; i < 60; i++) {
        while (gate.waits === 0) await yieldToEventLoop();
        gate.open();
      }
    })();
    await opened;
    await clock.advance(0);
    expect(gate.entered).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  it("the first frames of a source are not lost to a reader who asks at once", async () => {
    const { pipeline, clock } = wired({ nodes: { s: source("s", () => sounds(3), { live: true }) } });
    const session = await pipeline.open();
    const got: unknown[] = [];
    const output = session.output();
    void (async () => {
      for await (const frame of output) got.push(said(frame));
    })();
    await clock.advance(0);
    expect(got).toEqual([0, 1, 2]);
  });
});
