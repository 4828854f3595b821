import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pipeline } from "@remotemedia/core";
import { python } from "@remotemedia/python";
import { afterAll, describe, expect, it } from "vitest";
import { failureOf, listening, nodes, valuesOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

const hasVenv = testPython !== undefined && spawnSync(testPython, ["-c", "import ensurepip, setuptools"]).status === 0;
const hasJail = testPython !== undefined && spawnSync("bwrap", ["--version"]).status === 0;

const folder = mkdtempSync(join(tmpdir(), "remotemedia-environment-"));
process.env.REMOTEMEDIA_HOME = folder;
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!hasVenv)("python_deps", () => {
  it("go into an environment that is made once", async () => {
    const source = join(folder, "shouting");
    cpSync(join(nodes, "shouting"), source, { recursive: true });
    const deps = ["--no-build-isolation", "--no-index", source];
    const { host, logged } = listening();
    const run = async () =>
      (await new Pipeline("p", host).add(python({ class: "shouting:Shout", pythonDeps: deps })).run("hello")).outputs.python ?? [];
    expect(valuesOf(await run())).toEqual(["HELLO"]);
    expect(valuesOf(await run())).toEqual(["HELLO"]);
    expect(logged.filter((line) => line.includes("installing"))).toHaveLength(1);
    expect(readdirSync(join(folder, "python"))).toHaveLength(1);
  }, 120_000);

  it("that cannot be installed are told with pip's words, and leave nothing behind", async () => {
    const pipeline = new Pipeline("p", listening().host).add(python({ class: "a:B", pythonDeps: ["--no-index", "no-such-thing-at-all"] }));
    const error = await failureOf(pipeline.run("x"));
    expect(error).toMatchObject({ code: "start-failed", message: expect.stringContaining("no-such-thing-at-all") });
    expect(readdirSync(join(folder, "python")).filter((name) => name.startsWith("new-"))).toEqual([]);
  }, 120_000);
});

describe.skipIf(!hasJail)("A jail", () => {
  it("lets frames through, and nothing else", async () => {
    const run = async (what: string) => {
      const pipeline = new Pipeline("p", listening().host).add(python({ class: `${nodes}/jailed.py:Tries`, params: { what }, jail: true }));
      return valuesOf((await pipeline.run("x")).outputs.python ?? [])[0];
    };
    expect(await run("echo")).toBe("x");
    expect(await run("passwd")).toBe("FileNotFoundError");
    expect(await run("write")).toBe("OSError");
    expect(await run("network")).toBe("OSError");
    expect(await run("environment")).toBe("hidden");
    expect(await run("memory")).toBe("MemoryError");
  }, 30_000);
});
