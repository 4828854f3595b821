import { collect } from "@remotemedia/conformance";
import { type Frame, type Output, sleep, textFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { answering, said } from "./nodes.ts";
import { type Wiring, wired } from "./wired.ts";

const outputsOf = async (form: Wiring["nodes"][string], input: readonly string[] = ["a", "b"]) =>
  (await wired({ nodes: { it: form } }).pipeline.run([...input])).outputs["it"]?.map(said);
const twice = (frame: Frame) => textFrame(`${said(frame)}${said(frame)}`);

describe("A node may be written as", () => {
  it("a function from frame to frame, waiting or not, or to nothing", async () => {
    expect(await outputsOf((frame: Frame) => twice(frame))).toEqual(["aa", "bb"]);
    expect(await outputsOf(async (frame: Frame) => twice(frame))).toEqual(["aa", "bb"]);
    expect(await outputsOf((frame: Frame) => (said(frame) === "a" ? frame : undefined))).toEqual(["a"]);
  });

  it("a function to several frames, or to a port and a frame", async () => {
    expect(await outputsOf((frame: Frame) => [frame, twice(frame)])).toEqual(["a", "aa", "b", "bb"]);
    expect(await outputsOf(async (frame: Frame) => [frame, twice(frame)])).toEqual(["a", "aa", "b", "bb"]);
    expect(await outputsOf((frame: Frame) => ["out", frame] as const)).toEqual(["a", "b"]);
    expect(await outputsOf(async (frame: Frame) => ["out", frame] as const)).toEqual(["a", "b"]);
  });

  it("a generator per frame", async () => {
    expect(
      await outputsOf(function* (frame: Frame) {
        yield frame;
        yield twice(frame);
      }),
    ).toEqual(["a", "aa", "b", "bb"]);
  });

  it("an async generator over the whole stream, whose state lives in its variables", async () => {
    const form = async function* (frames: AsyncIterable<Frame>) {
      let count = 0;
      for await (const frame of frames) {
        count++;
        if (count % 2 === 0) yield frame;
      }
      yield textFrame(`${count} in all`);
    };
    expect(await outputsOf(form, ["a", "b", "c", "d"])).toEqual(["b", "d", "4 in all"]);
  });

  it("a class with process, made anew for each session", async () => {
    class Counter {
      #count = 0;
      process(_frame: Frame, _port: string, out: Output) {
        return out.emit("out", textFrame(`${++this.#count}`));
      }
    }
    const { pipeline } = wired({ nodes: { it: Counter } });
    for (let i = 0; i < 2; i++) expect((await pipeline.run(["a", "b"])).outputs["it"]?.map(said)).toEqual(["1", "2"]);
  });
});

describe("An async generator over the whole stream", () => {
  it("gives what it yields the turn and the metadata of the frame that it pulled last", async () => {
    const { pipeline, clock } = wired({
      nodes: {
        it: async function* (frames: AsyncIterable<Frame>) {
          for await (const frame of frames) yield textFrame(`${said(frame)}!`);
        },
      },
    });
    const session = await pipeline.open();
    const got = collect(session.output());
    await session.push(textFrame("a", { metadata: { n: 1 } }));
    await clock.advance(0);
    session.interrupt();
    await session.push(textFrame("b", { metadata: { n: 2 } }));
    await clock.advance(0);
    expect(got.map((frame) => [said(frame), frame.turn, frame.metadata])).toEqual([
      ["a!", 1, { n: 1 }],
      ["b!", 2, { n: 2 }],
    ]);
  });

  it("is not closed by an interruption; what it says too late is dropped", async () => {
    const { pipeline, clock } = wired({
      nodes: {
        chat: answering("chat"),
        it: async function* (frames: AsyncIterable<Frame>) {
          let count = 0;
          for await (const frame of frames) {
            await sleep(clockOf(), 10);
            yield textFrame(`${said(frame)}${++count}`);
          }
        },
      },
      wires: ["chat > it"],
    });
    const clockOf = () => clock;
    const session = await pipeline.open();
    const got = collect(session.output());
    void session.push("a");
    await clock.advance(5);
    session.interrupt();
    void session.push("b");
    await clock.advance(30);
    expect(got.map(said)).toEqual(["b2"]);
  });

  it("that fails is an error of the node", async () => {
    const form = async function* (frames: AsyncIterable<Frame>) {
      for await (const frame of frames) {
        yield frame;
        throw new Error("no");
      }
    };
    await expect(outputsOf(form)).rejects.toMatchObject({ code: "node-failed", message: "no" });
  });

  it("that ends early lets the rest go", async () => {
    expect(
      await outputsOf(
        async function* (frames: AsyncIterable<Frame>) {
          for await (const frame of frames) {
            yield frame;
            return;
          }
        },
        ["a", "b", "c"],
      ),
    ).toEqual(["a"]);
  });

  it("runs apart in each session", async () => {
    const form = async function* (frames: AsyncIterable<Frame>) {
      let count = 0;
      for await (const _ of frames) yield textFrame(`${++count}`);
    };
    const { pipeline } = wired({ nodes: { it: form } });
    const runs = await Promise.all([pipeline.run(["a", "b"]), pipeline.run(["a"])]);
    expect(runs.map(({ outputs }) => outputs["it"]?.map(said))).toEqual([["1", "2"], ["1"]]);
  });

  it("is closed when its session is", async () => {
    let hasEnded = false;
    const { pipeline, clock } = wired({
      nodes: {
        it: async function* (frames: AsyncIterable<Frame>) {
          try {
            for await (const frame of frames) yield frame;
          } finally {
            hasEnded = true;
          }
        },
      },
    });
    const session = await pipeline.open();
    await session.push("a");
    const closed = session.close();
    await clock.advance(5_000);
    await closed;
    expect(hasEnded).toBe(true);
  });
});
