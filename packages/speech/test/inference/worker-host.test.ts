import { afterEach, describe, expect, it } from "vitest";
import { WorkerHost } from "../../src/inference/worker-host.ts";

interface Request {
  readonly does: string;
  readonly ms?: number;
}
interface Response {
  readonly does: string;
  /** Since the worker was started. */
  readonly calls: number;
  readonly data: unknown;
}

const hosts: WorkerHost<Request, Response>[] = [];
function open(timeoutMs?: number): WorkerHost<Request, Response> {
  const host = new WorkerHost<Request, Response>("../test/inference/moody-worker", {
    workerData: { name: "moody" },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  hosts.push(host);
  return host;
}

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

describe("A worker host", () => {
  it("answers in the order of the calls, one worker for all", async () => {
    const host = open();
    const answers = await Promise.all(["a", "b", "c"].map((does) => host.call({ does, ms: 2 })));
    expect(answers.map(({ does, calls }) => does + calls)).toEqual(["a1", "b2", "c3"]);
    expect(answers[0]?.data).toEqual({ name: "moody" });
  });

  it("answers first what is urgent", async () => {
    const host = open();
    const call = (does: string, isUrgent: boolean) => host.call({ does }, { isUrgent });
    const answers = await Promise.all([call("a", false), call("b", false), call("c", true), call("d", true), call("e", false)]);
    expect(answers.sort((one, other) => one.calls - other.calls).map(({ does }) => does)).toEqual(["a", "c", "d", "b", "e"]);
  });

  it("fails the call whose handler throws, and no other", async () => {
    const host = open();
    const [bad, good] = await Promise.allSettled([host.call({ does: "throw" }), host.call({ does: "a" })]);
    expect([bad?.status, bad?.status === "rejected" && bad.reason.message]).toEqual(["rejected", "it would not"]);
    expect(good).toMatchObject({ status: "fulfilled", value: { calls: 2 } });
  });

  it.each([["exit"], ["crash"]])("starts a new worker for the next call when one dies (%s)", async (does) => {
    const host = open();
    const [bad, good] = await Promise.allSettled([host.call({ does }), host.call({ does: "a" })]);
    expect(bad).toMatchObject({ status: "rejected", reason: { code: "node-failed", message: "the worker moody-worker.js died" } });
    expect(good).toMatchObject({ status: "fulfilled", value: { calls: 1 } });
  });

  it("ends a worker that hangs", async () => {
    const host = open(2_000);
    const [bad, good] = await Promise.allSettled([host.call({ does: "hang" }), host.call({ does: "a" })]);
    expect(bad).toMatchObject({ status: "rejected", reason: { code: "node-failed", message: expect.stringContaining("2000 ms") } });
    expect(good).toMatchObject({ status: "fulfilled", value: { calls: 1 } });
  });

  it("gives up at once what is aborted, and never runs it if it only waited", async () => {
    const host = open();
    const [running, waiting] = [new AbortController(), new AbortController()];
    const calls = [host.call({ does: "a", ms: 50 }, { signal: running.signal }), host.call({ does: "b" }, { signal: waiting.signal })];
    const last = host.call({ does: "c" });
    running.abort(new Error("enough"));
    waiting.abort(new Error("never mind"));
    const reasons = (await Promise.allSettled(calls)).map((call) => call.status === "rejected" && call.reason.message);
    expect(reasons).toEqual(["enough", "never mind"]);
    await expect(last).resolves.toMatchObject({ does: "c", calls: 2 });
    await expect(host.call({ does: "d" }, { signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");
  });

  it("fails what waits when it is closed, and starts anew with the next call", async () => {
    const host = open();
    const calls = [host.call({ does: "hang" }), host.call({ does: "a" })];
    const settled = Promise.allSettled(calls);
    await host.close();
    expect((await settled).map((call) => call.status === "rejected" && call.reason.code)).toEqual(["cancelled", "cancelled"]);
    await expect(host.call({ does: "a" })).resolves.toMatchObject({ calls: 1 });
  });
});
