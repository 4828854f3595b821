import { Pipeline } from "@remotemedia/core";
import { PythonError, python } from "@remotemedia/python";
import { describe, expect, it } from "vitest";
import { failureOf, listening, node, outputOf, valuesOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

const failing = (spec: string, input: unknown = "x", params = {}) => failureOf(outputOf([input] as never, [node(spec, params)]));

describe.skipIf(testPython === undefined)("A node that fails says so with the user's own file and line", () => {
  it.each([
    ["failing.py:InInit", "start-failed", /ValueError: no init today \(.*failing\.py:\d+, in __init__\)/],
    ["failing.py:InInitialize", "start-failed", /RuntimeError: no model \(.*failing\.py:\d+, in initialize\)/],
    ["failing.py:InProcess", "node-failed", /KeyError: 'bad x' \(.*failing\.py:\d+, in helper\)/],
    ["failing.py:InGenerator", "node-failed", /ValueError: after one \(.*failing\.py:\d+, in process\)/],
    ["failing.py:Exits", "node-failed", /SystemExit: called sys\.exit\(3\) \(.*failing\.py:\d+, in process\)/],
    ["failing.py:ExitsInInit", "start-failed", /SystemExit: called sys\.exit\(4\) \(.*failing\.py:\d+, in __init__\)/],
    ["failing.py:ExitsInInitialize", "start-failed", /SystemExit: called sys\.exit\(no licence\)/],
    ["failing.py:ExitsInCoroutine", "node-failed", /SystemExit: called sys\.exit\(5\)/],
    ["failing.py:DiesInInit", "start-failed", /code 9/],
    ["exits.py:Any", "start-failed", /SystemExit: called sys\.exit\(6\) \(.*exits\.py:3/],
    ["failing.py:InFlush", "node-failed", /ValueError: nothing to give \(.*failing\.py:\d+, in flush\)/],
    ["failing.py:InStream", "node-failed", /LookupError: in the stream \(.*failing\.py:\d+, in process\)/],
    ["failing.py:CancelledStream", "node-failed", /CancelledError \(.*failing\.py:\d+, in process\)/],
    ["failing.py:NobodyListens", "start-failed", /ConnectionRefusedError: .*failing\.py:\d+, in __init__\)/],
    ["failing.py:YieldsObject", "not-serializable", /value is a object/],
    ["failing.py:MissingModule", "start-failed", /ModuleNotFoundError: No module named 'cv2_which_is_not_there'/],
    ["broken.py:Any", "start-failed", /RuntimeError: broken module \(.*broken\.py:1/],
    ["syntax.py:Any", "start-failed", /SyntaxError: .*syntax\.py/],
    ["nowhere.py:Any", "node-unknown", /there is no file .*nowhere\.py/],
    ["failing.py:Nobody", "node-unknown", /has no 'Nobody'/],
    ["failing.py:NoProcess", "start-failed", /has no process/],
    ["failing.py:GivesNone", "start-failed", /failing\.py:GivesNone gives None/],
    ["failing.py", "node-unknown", /classes with process, so one must be named/],
    ["failing.py:Wants", "params-invalid", /missing a required argument: 'size'/],
  ])("%s", async (spec, code, message) => {
    const error = await failing(spec);
    expect(error).toMatchObject({ code, node: "n0", message: expect.stringMatching(message) });
  });

  it("keeps Python's traceback as its cause, without the worker's own lines", async () => {
    const { cause } = await failing("failing.py:InProcess");
    expect(cause).toBeInstanceOf(PythonError);
    expect((cause as PythonError).traceback).toMatch(
      /^Traceback[\s\S]*failing\.py", line \d+, in process[\s\S]*in helper[\s\S]*KeyError: 'bad x'$/,
    );
    expect((cause as PythonError).traceback).not.toContain("_worker");
  });

  it("says what to install for a module that is missing", async () => {
    const { message, fix } = await failing("failing.py:MissingModule");
    expect(fix).toContain("pip install cv2_which_is_not_there");
    expect(message).not.toContain("frozen");
  });

  it("a Python that is not there, and a module that cannot be imported", async () => {
    const run = (params: object) => failureOf(new Pipeline("p", listening().host).add(python(params as never)).run("x"));
    expect(await run({ class: "a:B", python: "python9" })).toMatchObject({
      code: "host-unsupported",
      fix: expect.stringContaining("python"),
    });
    expect(await run({ class: "no_such_module:B" })).toMatchObject({
      code: "start-failed",
      fix: expect.stringContaining("no_such_module"),
      message: "ModuleNotFoundError: No module named 'no_such_module'",
    });
    expect(await run({})).toMatchObject({ code: "params-invalid" });
  });

  it("also from the thread of a node that takes long, by whatever it raises", async () => {
    const error = await failureOf(outputOf(["a", "b"], [node("failing.py:EndsInThread")]));
    expect(error).toMatchObject({ code: "node-failed", message: expect.stringMatching(/StopIteration \(.*failing\.py:\d+, in process\)/) });
  });

  it("goes on with the next frame where the policy says so", async () => {
    const pipeline = new Pipeline("p", listening().host).add(node("failing.py:InGenerator"), "n", { on_error: { action: "skip" } });
    const { outputs } = await pipeline.run(["a", "b"]);
    expect(valuesOf(outputs.n ?? [])).toEqual(["a", "b"]);
  });

  it("a cleanup that fails is reported and ends nothing", async () => {
    const { host, logged } = listening();
    expect(valuesOf(await outputOf("x", [node("failing.py:InCleanup")], host))).toEqual(["x"]);
    await expect.poll(() => logged.join("\n")).toContain("cannot close");
  });
});

describe.skipIf(testPython === undefined)("Whatever user code does, the protocol holds", () => {
  it("what it prints and logs goes to the host's log", async () => {
    const { host, logged } = listening();
    expect(valuesOf(await outputOf(["a", "b"], [node("failing.py:Prints")], host))).toEqual(["a", "b"]);
    await expect
      .poll(() => logged)
      .toEqual(
        expect.arrayContaining([
          "info: python: to standard output a",
          "warn: python: to standard error",
          "warn: mine: logged b",
          expect.stringContaining("raw bytes"),
        ]),
      );
  });

  it("forking", async () => {
    expect(valuesOf(await outputOf([1, 2], [node("failing.py:Forks")]))).toEqual(["from the parent", "from the parent"]);
  });

  it("processes and programs of its own", async () => {
    expect(valuesOf(await outputOf([[-1, 2]] as never, [node("failing.py:Pools")]))).toEqual([[1, 2]]);
    expect(valuesOf(await outputOf("ab", [node("failing.py:Calls")]))).toEqual(["abab"]);
  });

  it("a generator whose item cannot be sent is closed", async () => {
    const { host, logged } = listening();
    await failureOf(outputOf("x", [node("failing.py:YieldsObject")], host));
    await expect.poll(() => logged).toContain("info: python: closed");
  });

  it("closing descriptors that are not its own", async () => {
    const error = await failureOf(outputOf(["a", "close"], [node("failing.py:ClosesEverything")]));
    expect(error).toMatchObject({ code: "node-failed", message: expect.stringMatching(/had frame 1 of stream \d+, 2 times/) });
  });

  it("threads that never end", async () => {
    expect(valuesOf(await outputOf("x", [node("failing.py:LeaksThreads")]))).toEqual(["x"]);
  });

  it("a frame that ends the process is tried once more and then reported with its sequence", async () => {
    const pipeline = new Pipeline("p", listening().host).add(node("failing.py:Dies"), "n", { on_error: { action: "skip" } });
    await using session = await pipeline.open();
    const output = session.output("n")[Symbol.asyncIterator]();
    for (const text of ["a", "die", "b"]) session.push(text);
    expect((await output.next()).value).toMatchObject({ text: "a" });
    expect((await output.next()).value).toMatchObject({ text: "b" });
    const { value } = await session.errors[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ error: { code: "node-failed", message: expect.stringMatching(/had frame 1 of stream \d+.*code 7/) } });
  });

  it("code that never gives the loop back is killed after its timeout", async () => {
    const pipeline = new Pipeline("p", listening().host).add(node("failing.py:Blocks"), "n", {
      on_error: { action: "skip", timeout_ms: 200 },
    });
    await using session = await pipeline.open();
    const output = session.output("n")[Symbol.asyncIterator]();
    for (const text of ["a", "block"]) session.push(text);
    expect((await output.next()).value).toMatchObject({ text: "a" });
    const next = output.next();
    // Until the worker lives again frames go around the node.
    const pushing = setInterval(() => session.push("b"), 100);
    expect((await next).value).toMatchObject({ text: "b" });
    clearInterval(pushing);
  });

  it("two pipelines at once do not disturb each other", async () => {
    const input = Array.from({ length: 50 }, (_, index) => index);
    const runs = [1, 2].map(() => outputOf(input as never, [node(`forms.py:Sync`)]));
    for (const frames of await Promise.all(runs)) expect(valuesOf(frames)).toEqual(input.map((value) => value * 2));
  });
});
