import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { Pipeline } from "@remotemedia/core";
import { attachWorker, python } from "@remotemedia/python";
import { describe, expect, it } from "vitest";
import { failureOf, listening, valuesOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

// A program of a user: it has made a node, and serves it over a socket that it was given.
const program = `
import socket, sys
from remotemedia._worker.worker import Worker
class Tally:
    def __init__(self): self.seen = 0
    async def process(self, data):
        self.seen += data
        return self.seen
tally = Tally()
Worker(socket.socket(fileno=3), objects={"tally": tally}).run()
print(tally.seen)
`;

function start() {
  const child = spawn(testPython as string, ["-c", program], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    env: { ...process.env, PYTHONPATH: `${import.meta.dirname}/../../../clients/python/src` },
  });
  const printed = new Promise<string>((resolve) => child.stdout?.on("data", (data) => resolve(String(data).trim())));
  return { child, printed, stream: child.stdio[3] as Duplex };
}

describe.skipIf(testPython === undefined)("An object of a Python process that is there already", () => {
  it("takes part in a pipeline, and keeps what it was", async () => {
    const { stream, printed } = start();
    const worker = attachWorker(stream);
    expect(await worker.ready).toMatchObject({ numpy: true, python: expect.stringMatching(/^3\./) });
    const run = async () =>
      valuesOf((await new Pipeline("p", listening().host).add(python({ object: "tally" })).run([1, 2, 3] as never)).outputs.python ?? []);
    expect(await run()).toEqual([1, 3, 6]);
    expect(await run()).toEqual([7, 9, 12]);
    const error = await failureOf(new Pipeline("p", listening().host).add(python({ object: "nobody" })).run("x"));
    expect(error).toMatchObject({ code: "node-unknown", message: expect.stringContaining("no object 'nobody'") });
    worker.close();
    expect(await printed).toBe("12");
  });

  it("fails its nodes when it ends, and says so where none is attached", async () => {
    const { stream, child } = start();
    const worker = attachWorker(stream);
    await worker.ready;
    await using session = await new Pipeline("p", listening().host).add(python({ object: "tally" })).open();
    child.kill("SIGKILL");
    const next = session.errors[Symbol.asyncIterator]().next();
    const pushing = setInterval(() => session.push(1 as never), 20);
    expect((await next).value).toMatchObject({
      error: { code: "transport-failed", message: expect.stringContaining("closed the connection") },
    });
    clearInterval(pushing);
    const error = await failureOf(new Pipeline("p", listening().host).add(python({ object: "tally" })).run("x"));
    expect(error).toMatchObject({ message: expect.stringContaining("no Python process is attached") });
  });
});
