import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Frame, jsonFrame, Pipeline, type TextFrame, textFrame } from "@remotemedia/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveEngine } from "../src/engine.ts";
import { EngineOp, frameIn } from "../src/engine-messages.ts";
import { blockOf, writeBlock } from "../src/frame-block.ts";
import { jsonOf, MessageReader, messageOf } from "../src/wire.ts";
import { listening } from "./pipelines.ts";

interface Heard {
  readonly op: number;
  readonly node: number;
  readonly call: number;
  readonly value: Record<string, unknown>;
  readonly frame?: Frame;
}

/** A program at the other end. */
class Program {
  readonly socket: Socket;
  readonly heard: Heard[] = [];
  isClosed = false;
  #look: () => void = () => undefined;

  constructor(path: string) {
    const reader = new MessageReader();
    this.socket = connect(path);
    this.socket.on("data", (chunk) =>
      reader.feed(chunk, (message) => {
        const { op, node, call } = message;
        const hasFrame = op === EngineOp.output;
        this.heard.push({ op, node, call, value: hasFrame ? {} : jsonOf(message.payload), ...(hasFrame && { frame: frameIn(message) }) });
        this.#look();
      }),
    );
    this.socket
      .on("error", () => undefined)
      .on("close", () => {
        this.isClosed = true;
      });
  }

  say(op: number, value: object | Frame = {}, { node = 0, call = 0, flags = 0 } = {}): void {
    if (!("kind" in value)) {
      const payload = Buffer.from(JSON.stringify(value));
      return void this.socket.write(messageOf(op, node, call, flags, payload.length, (target) => target.set(payload)));
    }
    const block = blockOf(value);
    const bytes = new Uint8Array(block.bytes);
    writeBlock(block, bytes);
    this.socket.write(messageOf(op, node, call, 1, bytes.length, (target) => target.set(bytes)));
  }

  /** What is said with this op, and this call where one is given: now or later. */
  async hears(op: number, call?: number): Promise<Heard> {
    for (;;) {
      const at = this.heard.findIndex((one) => one.op === op && (call === undefined || one.call === call));
      if (at >= 0) return this.heard.splice(at, 1)[0] as Heard;
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  async open(name: string): Promise<void> {
    this.say(EngineOp.open, { manifest: { name } }, { call: 1 });
    expect((await this.hears(EngineOp.answer, 1)).value).toEqual({});
  }

  close(): void {
    this.socket.destroy();
  }
}

describe("The engine of a program", () => {
  let server: Server;
  const folder = mkdtempSync(join(tmpdir(), "engine-"));
  const path = join(folder, "socket");
  const stopped: string[] = [];
  const { host } = listening();
  const pipelines: Record<string, () => Pipeline<never>> = {
    shout: () => new Pipeline("shout", host).map((frame: Frame) => textFrame((frame as TextFrame).text.toUpperCase()), "shout") as never,
    count: () =>
      new Pipeline("count", host).map(function* (frame: Frame) {
        for (let n = 0; n < 3; n++) yield jsonFrame((frame as TextFrame).text.length + n);
      }, "count") as never,
    watched: () => new Pipeline("watched", host).map({ process: () => undefined, stop: () => void stopped.push("stopped") }, "it") as never,
    odd: () =>
      new Pipeline("odd", host).map(
        (frame: Frame) => ((frame as TextFrame).text === "odd" ? jsonFrame(1n as never) : frame),
        "odd",
      ) as never,
    stuck: () =>
      new Pipeline("stuck", host).map(
        { process: () => new Promise(() => undefined), stop: () => void stopped.push("stuck") },
        "it",
      ) as never,
    fails: () =>
      new Pipeline("fails", host).add(
        {
          process: () => {
            throw new Error("no");
          },
        },
        "it",
        { on_error: { action: "stop" } },
      ) as never,
  };

  beforeAll(async () => {
    server = await serveEngine(path, async (manifest) => {
      const make = pipelines[(manifest as { name: string }).name];
      if (make === undefined) throw new Error("no such pipeline");
      return make() as never;
    });
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("streams a run, with its metrics at the end", async () => {
    const program = new Program(path);
    program.say(EngineOp.run, { manifest: { name: "count" }, has_input: true, is_streaming: true });
    program.say(EngineOp.input, textFrame("four"));
    const values = [await program.hears(EngineOp.output), await program.hears(EngineOp.output), await program.hears(EngineOp.output)];
    expect(values.map(({ frame }) => (frame as unknown as { value: number }).value)).toEqual([4, 5, 6]);
    program.say(EngineOp.end);
    const { value } = await program.hears(EngineOp.done);
    expect(value).toMatchObject({ metrics: { node_metrics: [{ node_type: "input" }, { node_id: "count", execution_count: 1 }] } });
  });

  it("answers input that says so when the pipeline takes it, and hears the end of the program behind any amount that waits", async () => {
    const program = new Program(path);
    program.say(EngineOp.run, { manifest: { name: "stuck" }, has_input: true, is_streaming: true });
    program.say(EngineOp.input, textFrame("taken"), { call: 1 });
    await program.hears(EngineOp.answer, 1);
    for (let n = 0; n < 20; n++) program.say(EngineOp.input, textFrame("x".repeat(2 ** 20)), { call: 2 + n });
    program.socket.end();
    await program.hears(EngineOp.failed);
    expect(stopped.splice(0)).toEqual(["stuck"]);
    expect(program.heard.filter(({ call }) => call === 21)).toEqual([]);
  });

  it("holds a session: a frame goes out when the program asks for one, and none before", async () => {
    const program = new Program(path);
    await program.open("count");
    program.say(EngineOp.read, {}, { node: 7, call: 2 });
    await program.hears(EngineOp.answer, 2);
    program.say(EngineOp.port, { name: "count.in" }, { node: 9 });
    program.say(EngineOp.push, textFrame("12345"), { node: 9, call: 3 });
    await program.hears(EngineOp.answer, 3);
    program.say(EngineOp.more, {}, { node: 7 });
    expect(await program.hears(EngineOp.output)).toMatchObject({ node: 7, frame: { value: 5, turn: 1 } });
    program.say(EngineOp.ask, { what: "interrupt", reason: "enough" }, { call: 4 });
    expect((await program.hears(EngineOp.turn)).value).toMatchObject({ type: "interrupted", turn: 1, reason: "enough" });
    await program.hears(EngineOp.answer, 4);
    expect(program.heard).toEqual([]);
    program.say(EngineOp.ask, { what: "turns" }, { call: 5 });
    expect((await program.hears(EngineOp.answer, 5)).value).toMatchObject({
      value: [{ turn: 1 }, { turn: 2, began_us: expect.any(Number) }],
    });
    program.close();
  });

  it("answers what cannot be done with why, and goes on", async () => {
    const program = new Program(path);
    await program.open("shout");
    program.say(EngineOp.port, { name: "nobody" }, { node: 1 });
    program.say(EngineOp.push, textFrame("a"), { node: 1, call: 2 });
    expect((await program.hears(EngineOp.failed, 2)).value).toMatchObject({
      code: "node-unknown",
      text: expect.stringContaining("nobody"),
    });
    program.say(EngineOp.read, { output: "nothing" }, { node: 2, call: 3 });
    expect((await program.hears(EngineOp.failed, 3)).value).toMatchObject({ code: "port-unknown" });
    program.say(EngineOp.read, { tap: "shout" }, { node: 3, call: 4 });
    program.say(EngineOp.more, {}, { node: 3 });
    program.say(EngineOp.push, textFrame("still here"), { call: 5 });
    expect(await program.hears(EngineOp.output)).toMatchObject({ node: 3, frame: { text: "STILL HERE" } });
    program.close();
  });

  it("gives what came to its end after the close, and metrics", async () => {
    const program = new Program(path);
    await program.open("shout");
    program.say(EngineOp.read, { output: "shout" }, { node: 1, call: 2 });
    for (const call of [3, 4]) program.say(EngineOp.push, textFrame(`text ${call}`), { call });
    program.say(EngineOp.ask, { what: "close" }, { call: 5 });
    expect((await program.hears(EngineOp.done)).value).toMatchObject({ metrics: { node_metrics: expect.any(Array) } });
    for (const text of ["TEXT 3", "TEXT 4"]) {
      program.say(EngineOp.more, {}, { node: 1 });
      expect((await program.hears(EngineOp.output)).frame).toMatchObject({ text });
    }
    program.say(EngineOp.more, {}, { node: 1 });
    expect(await program.hears(EngineOp.over)).toMatchObject({ node: 1 });
    program.close();
  });

  it("tells what cannot be sent, and gives what comes behind it", async () => {
    const program = new Program(path);
    await program.open("odd");
    program.say(EngineOp.read, {}, { node: 1, call: 2 });
    for (const [at, text] of ["odd", "even"].entries()) program.say(EngineOp.push, textFrame(text), { call: 3 + at });
    program.say(EngineOp.more, {}, { node: 1 });
    expect((await program.hears(EngineOp.error)).value).toMatchObject({ code: "not-serializable", count: 1 });
    expect((await program.hears(EngineOp.output)).frame).toMatchObject({ text: "even" });
    program.close();
  });

  it("tells the error that ended a session, and why one did not open", async () => {
    const program = new Program(path);
    await program.open("fails");
    program.say(EngineOp.push, textFrame("x"), { call: 2 });
    expect((await program.hears(EngineOp.error)).value).toMatchObject({ node: "it", code: "node-failed", count: 1 });
    expect((await program.hears(EngineOp.done)).value).toMatchObject({
      failure: { code: "node-failed", text: expect.stringContaining("no") },
    });
    program.close();
    const other = new Program(path);
    other.say(EngineOp.open, { manifest: { name: "unknown" } }, { call: 1 });
    expect((await other.hears(EngineOp.failed, 1)).value).toMatchObject({ message: expect.stringContaining("no such pipeline") });
    other.close();
  });

  it("closes the session of a connection that breaks", async () => {
    const program = new Program(path);
    await program.open("watched");
    program.close();
    await expect.poll(() => stopped).toEqual(["stopped"]);
  });

  it("hangs up on what is no program", async () => {
    for (const junk of [Buffer.alloc(64, 0xff), messageOf(EngineOp.push, 0, 0, 0, 0)]) {
      const program = new Program(path);
      if (junk.length === 16) program.say(EngineOp.open, { manifest: { name: "shout" } }, { call: 1 });
      program.socket.write(junk);
      await expect.poll(() => program.isClosed).toBe(true);
    }
  });
});
