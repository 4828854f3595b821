import { collect, watched } from "@remotemedia/conformance";
import {
  BufferPool,
  type Frame,
  type NodeExecutor,
  type Output,
  Pipeline,
  sleep,
  textFrame,
  type VirtualClock,
  yieldToEventLoop,
} from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { Gate, never, node, said, source } from "./nodes.ts";
import { wired } from "./wired.ts";

/** A node that lists its hooks, with each `stop` counted. */
function listed(hooks: Partial<NodeExecutor> = {}) {
  const calls: string[] = [];
  const list = (name: string) => (): void => void calls.push(name);
  const { spec, watch } = watched(
    node("listed", { start: list("start"), process: (frame, _port, out) => out.emit("out", frame), stop: list("stop"), ...hooks }),
  );
  return { spec, watch, calls };
}

/** What has a `then` and keeps none of its promises. */
const thenable = (settles: (settled: () => void) => void): object => Object.fromEntries([["th".concat("en"), settles]]);

describe("A node is started, used, flushed and stopped, once each", () => {
  it("in a batch", async () => {
    const { spec, watch } = listed();
    await wired({ nodes: { a: spec } }).pipeline.run(["a", "b"]);
    expect(watch).toMatchObject({ hooks: ["start", "process", "flush", "stop"], breaches: [], calls: 2 });
  });

  it("in a session, however often it is closed", async () => {
    const { spec, watch } = listed();
    const session = await wired({ nodes: { a: spec } }).pipeline.open();
    await session.push("a");
    await Promise.all([session.close(), session.close()]);
    await session.close();
    expect(watch).toMatchObject({ hooks: ["start", "process", "flush", "stop"], breaches: [] });
  });

  it("also when it fails, and when another one does", async () => {
    const bad = listed({ process: () => Promise.reject(new Error("no")) });
    const good = listed();
    await expect(wired({ nodes: { good: good.spec, bad: bad.spec }, wires: ["good > bad"] }).pipeline.run("a")).rejects.toMatchObject({
      code: "node-failed",
      node: "bad",
    });
    expect([...bad.watch.breaches, ...good.watch.breaches]).toEqual([]);
    expect([bad.calls, good.calls]).toEqual([
      ["start", "stop"],
      ["start", "stop"],
    ]);
  });

  it("after those behind it, when it flushes", async () => {
    const order: string[] = [];
    const flushing = (id: string) =>
      node(id, {
        process: (frame, _port, out) => out.emit("out", frame),
        flush(out) {
          order.push(id);
          return out.emit("out", textFrame(id));
        },
      });
    const { pipeline } = wired({
      nodes: { d: flushing("d"), b: flushing("b"), c: flushing("c"), a: flushing("a") },
      wires: ["a > b > d", "a > c > d"],
    });
    const { outputs } = await pipeline.run([]);
    expect(order).toEqual(["a", "b", "c", "d"]);
    expect(outputs["d"]?.map(said)).toEqual(["a", "b", "a", "c", "d"]);
  });
});

describe("Whatever does not end is left behind in time", () => {
  it("start after 30 s, naming the node, with everything else stopped", async () => {
    const hung = listed({ start: never });
    const other = listed();
    const { pipeline, clock } = wired({ nodes: { other: other.spec, hung: hung.spec }, wires: ["other > hung"] });
    const opened = pipeline.open().catch((error: unknown) => error);
    await clock.advance(30_000);
    expect(await opened).toMatchObject({ code: "start-failed", node: "hung", message: '"hung" has not started within 30000 ms' });
    expect([hung.calls, other.calls]).toEqual([["stop"], ["start", "stop"]]);
  });

  it("negotiate after 30 s", async () => {
    const { pipeline, clock } = wired({ nodes: { a: listed({ negotiate: never }).spec } });
    const opened = pipeline.open().catch((error: unknown) => error);
    await clock.advance(30_000);
    expect(await opened).toMatchObject({ code: "start-failed", node: "a" });
  });

  it("start, when it is cancelled", async () => {
    const { pipeline, clock } = wired({ nodes: { a: listed({ start: never }).spec } });
    const cancel = new AbortController();
    const ends = Promise.all(
      [pipeline.run("x", { signal: cancel.signal }), pipeline.open({ signal: cancel.signal })].map((end) =>
        (end as Promise<unknown>).catch((error: unknown) => error),
      ),
    );
    await clock.advance(1);
    cancel.abort(new Error("enough"));
    expect(await ends).toMatchObject([{ code: "cancelled", cause: new Error("enough") }, { code: "cancelled" }]);
  });

  it("nothing is started at all when it was cancelled before", async () => {
    const { spec, calls } = listed();
    const { pipeline } = wired({ nodes: { a: spec } });
    await expect(pipeline.open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
    await expect(pipeline.run("x", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
    expect(calls).toEqual([]);
  });

  it("process and stop, when the session is closed: within 5 s, and the buffers come back", async () => {
    const pool = new BufferPool({ poison: true });
    const hung = listed({ process: never, stop: never });
    const make = node("make", { process: (_frame, _port, out) => out.emit("out", out.audio({ numberOfFrames: 4, sampleRate: 8_000 })) });
    const { pipeline, clock } = wired({ nodes: { make, hung: hung.spec }, wires: ["make > hung"] });
    const session = await pipeline.open({ pool });
    const errors = collect(session.errors);
    for (let i = 0; i < 5; i++) await session.push("x");
    expect(pool.inUse).toBe(5);
    const closed = session.close();
    await clock.advance(5_000);
    await closed;
    expect(clock.nowUs()).toBe(5_000_000);
    expect(pool.inUse).toBe(0);
    await clock.advance(0);
    expect(errors.map(({ error }) => [error.code, error.node])).toEqual([["timeout", "hung"]]);
  });

  it("a batch, when it is cancelled in the middle", async () => {
    const hung = listed({ process: never });
    const { pipeline } = wired({ nodes: { a: hung.spec } });
    const cancel = new AbortController();
    const run = pipeline.run("x", { signal: cancel.signal });
    await wired({ nodes: { b: (frame: Frame) => frame } }).clock.advance(0);
    cancel.abort();
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
    expect(hung.calls).toEqual(["start", "stop"]);
  });

  it("a source that never ends", async () => {
    const { spec, watch } = watched(
      source("endless", async function* () {
        for (let i = 0; ; i++) {
          await yieldToEventLoop();
          yield textFrame(`${i}`);
        }
      }),
    );
    const session = await wired({ nodes: { endless: spec } }).pipeline.open();
    const got = collect(session.output());
    await yieldToEventLoop();
    await session.close();
    await got.ended;
    expect(watch).toMatchObject({ hooks: ["start", "produce", "stop"], breaches: [] });
  });

  it("flush is not entered while a call that was given up still runs", async () => {
    const { spec, watch } = listed({ process: never });
    const { pipeline, clock } = wired({ nodes: { a: [spec, { on_error: { timeout_ms: 100, action: "skip" } }] } });
    const run = pipeline.run("x");
    await clock.advance(100);
    await run;
    expect(watch).toMatchObject({ hooks: ["start", "process", "stop"], breaches: [] });
  });
});

describe("What comes after the end is let go", () => {
  it("frames emitted by a call after its session was closed", async () => {
    const pool = new BufferPool({ poison: true });
    let late: Output | undefined;
    const keeps = node("keeps", {
      process(_frame, _port, out) {
        late = out;
        return never();
      },
    });
    const { pipeline, clock } = wired({ nodes: { keeps } });
    const session = await pipeline.open({ pool });
    const got = collect(session.output());
    session.push("x");
    const closed = session.close();
    await clock.advance(5_000);
    await closed;
    void late?.emit("out", (late as Output).audio({ numberOfFrames: 4, sampleRate: 8_000 }));
    expect(session.metrics().node_metrics.find(({ node_id }) => node_id === "keeps")?.late).toBe(1);
    expect(pool.inUse).toBe(0);
    expect(got).toHaveLength(0);
  });

  it("the frame that was lent to a call that timed out: it belongs to the others that have it", async () => {
    const pool = new BufferPool({ poison: true });
    const slow = new Gate("slow");
    const waiting = new Gate("waiting");
    const make = node("make", {
      process: (_frame, _port, out) => {
        const made = out.audio({ numberOfFrames: 4, sampleRate: 8_000 });
        made.data.fill(0.5);
        return out.emit("out", made);
      },
    });
    const { pipeline, clock } = wired({
      nodes: { make, slow: [slow.spec, { on_error: { timeout_ms: 100, action: "skip" } }], waiting: waiting.spec },
      wires: ["make > slow", "make > waiting"],
    });
    const session = await pipeline.open({ pool });
    const got = collect(session.output("waiting"));
    await session.push("x");
    await clock.advance(100);
    slow.open();
    await clock.advance(0);
    waiting.open();
    await clock.advance(0);
    expect(got.map(said)).toEqual([0.5]);
    expect(pool.inUse).toBe(0);
  });

  it("what is pushed", async () => {
    const session = await wired({ nodes: { a: (frame: Frame) => frame } }).pipeline.open();
    const closed = session.close();
    expect(() => session.push("x")).toThrow("the session is closed");
    await closed;
    expect(() => session.push("x")).toThrow("the session is closed");
    expect(() => session.push("x", "a")).toThrow("the session is closed");
  });
});

describe("Parameters change between calls", () => {
  it("one change after the other, and never while a frame is worked on", async () => {
    const order: string[] = [];
    const gate = new Gate();
    const { definition } = gate.spec;
    const create = (params: never): NodeExecutor => ({
      ...definition.create(params),
      async configure() {
        order.push("configure");
        await Promise.resolve();
      },
    });
    const { pipeline, clock } = wired({ nodes: { a: { ...gate.spec, definition: { ...definition, create } } } });
    const session = await pipeline.open();
    await session.push("x");
    const both = Promise.all([session.configure("a", {}), session.configure("a", {})]);
    await clock.advance(0);
    expect(order).toEqual([]);
    gate.open();
    await both;
    expect(order).toEqual(["configure", "configure"]);
    await session.close();
    await expect(session.configure("a", {})).rejects.toMatchObject({ code: "usage" });
  });
});

describe("The event loop", () => {
  it("gets its turn while one call makes a million frames, and memory does not grow", async () => {
    let timers = 0;
    const timer = setInterval(() => timers++, 1);
    const frame = textFrame("x");
    const many = source("many", function* () {
      for (let i = 0; i < 1_000_000; i++) yield frame;
    });
    let count = 0;
    const counts = node("counts", { process: () => void count++ }, { outputs: {} });
    const before = process.memoryUsage().heapUsed;
    await wired({ nodes: { many, counts }, wires: ["many > counts"] }).pipeline.run();
    clearInterval(timer);
    expect(count).toBe(1_000_000);
    expect(timers).toBeGreaterThan(3);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 ** 2);
  });

  it("gets its turn behind an endless answer, which an interruption ends from within", async () => {
    let hasEnded = false;
    const endless = node(
      "endless",
      {
        *process() {
          try {
            for (let i = 0; ; i++) yield textFrame(`${i}`);
          } finally {
            hasEnded = true;
          }
        },
      },
      { answers: true },
    );
    let interrupt = (_reason: string): void => undefined;
    let heard = 0;
    const stops = node(
      "stops",
      {
        start: (context) => void (interrupt = context.interrupt),
        process: () => {
          if (++heard === 5) interrupt("enough");
        },
      },
      { outputs: {} },
    );
    const session = await wired({ nodes: { endless, stops }, wires: ["endless > stops"] }).pipeline.open();
    session.push("go");
    expect([heard, hasEnded]).toEqual([5, true]);
    await session.close();
  });

  it("sees two hundred synchronous nodes in a row", async () => {
    const nodes = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`n${i}`, (frame: Frame) => frame]));
    const { outputs } = await wired({ nodes, wires: [Object.keys(nodes).join(" > ")] }).pipeline.run(["a", "b"]);
    expect(outputs["n199"]?.map(said)).toEqual(["a", "b"]);
  });
});

describe("A generator", () => {
  it("that yields what is no frame is told that nobody will ask again", async () => {
    let hasEnded = false;
    const garbage = node("garbage", {
      *process() {
        try {
          yield 5 as never;
        } finally {
          hasEnded = true;
        }
      },
    });
    await expect(wired({ nodes: { garbage } }).pipeline.run("x")).rejects.toMatchObject({ code: "node-failed", node: "garbage" });
    expect(hasEnded).toBe(true);
  });

  it("waits while its reader does: nothing runs ahead by more than a queue", async () => {
    let made = 0;
    const many = source("many", function* () {
      for (;;) yield textFrame(`${made++}`);
    });
    const frames = wired({ nodes: { many } }).pipeline.stream();
    expect(said((await frames.next()).value as Frame)).toBe("0");
    expect(made).toBeLessThan(70);
    await frames.return?.();
  });
});

describe("What a node gives back", () => {
  const garbage: readonly [string, () => unknown][] = [
    ["null", () => null],
    ["a number", () => 5],
    ["a string", () => "frame"],
    ["an object", () => ({})],
    ["a frame", () => textFrame("not emitted")],
    ["a promise that is rejected with nothing", () => Promise.reject()],
    [
      "a thenable that throws",
      () =>
        thenable(() => {
          throw new Error("then");
        }),
    ],
    ["an iterator of nothing", () => ({ [Symbol.iterator]: () => ({ next: () => 5 }) })],
    ["an iterable without an iterator", () => ({ [Symbol.iterator]: () => undefined })],
    ["an async iterable without an iterator", () => ({ [Symbol.asyncIterator]: () => undefined })],
    [
      "a generator of garbage",
      function* () {
        yield { kind: "audio" };
      },
    ],
    [
      "an async generator of garbage",
      async function* () {
        yield undefined;
      },
    ],
    [
      "a generator of an unknown port",
      function* () {
        yield ["nowhere", textFrame("x")];
      },
    ],
  ];

  it.each(garbage)("is an error of the node when it is %s", async (_, process) => {
    await expect(wired({ nodes: { bad: node("bad", { process: process as never }) } }).pipeline.run("x")).rejects.toMatchObject({
      node: "bad",
    });
  });

  it.each(garbage)("does not end a session when it is %s", async (_, process) => {
    const pool = new BufferPool({ poison: true });
    let isBad = true;
    const bad = node("bad", { process: (frame, _port, out) => (isBad ? (process() as never) : out.emit("out", frame)) });
    const { pipeline, clock } = wired({ nodes: { bad: [bad, { on_error: { action: "skip" } }] } });
    const session = await pipeline.open({ pool });
    const got = collect(session.output());
    session.push("x");
    await clock.advance(0);
    isBad = false;
    session.push("y");
    await clock.advance(0);
    expect(got.map(said)).toEqual(["y"]);
    await session.close();
  });

  it("may be a thenable that settles twice", async () => {
    const twice = thenable((settled) => {
      settled();
      settled();
    });
    const { outputs } = await wired({
      nodes: {
        a: node("a", {
          process(frame, _port, out) {
            void out.emit("out", frame);
            return twice as never;
          },
        }),
      },
    }).pipeline.run(["x", "y"]);
    expect(outputs["a"]?.map(said)).toEqual(["x", "y"]);
  });
});

describe("Faults of authoring", () => {
  it("reject the promise of run, open and explain, and throw nothing", async () => {
    const pipeline = Pipeline.fromManifest({ version: "v1", nodes: [] }, wired({ nodes: {} }).host);
    await expect(pipeline.run()).rejects.toMatchObject({ code: "manifest-invalid" });
    await expect(pipeline.open()).rejects.toMatchObject({ code: "manifest-invalid" });
    await expect(pipeline.explain()).rejects.toMatchObject({ code: "manifest-invalid" });
  });
});

describe("A live source", () => {
  const talks = (pauseMs: number, clockOf: () => VirtualClock) =>
    source(
      "talks",
      async function* () {
        for (let i = 0; i < 3; i++) {
          await sleep(clockOf(), pauseMs);
          yield textFrame(`${i}`);
        }
      },
      { live: true },
    );

  it("may be silent for an hour", async () => {
    const { pipeline, clock } = wired({ nodes: { talks: talks(3_600_000, () => clock) } });
    const got = collect((await pipeline.open()).output());
    for (let hour = 0; hour < 3; hour++) await clock.advance(3_600_000);
    await got.ended;
    expect(got.map(said)).toEqual(["0", "1", "2"]);
  });

  it("has as long as its author says", async () => {
    const { pipeline, clock } = wired({ nodes: { talks: [talks(1_000, () => clock), { on_error: { timeout_ms: 500 } }] } });
    const session = await pipeline.open();
    const errors = collect(session.errors);
    await clock.advance(1_000);
    expect(errors.map(({ error }) => [error.code, error.node])).toEqual([["timeout", "talks"]]);
  });
});
