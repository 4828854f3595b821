import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pipeline, systemClock, VirtualClock } from "@remotemedia/core";
import { installPythonDeps, python } from "@remotemedia/python";
import { afterAll, describe, expect, it, vi } from "vitest";
import { environmentFor } from "../src/virtual-environment.ts";
import { failureOf, listening, nodes, valuesOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

const { log } = listening().host;
const hasVenv = testPython !== undefined && spawnSync(testPython, ["-c", "import ensurepip, setuptools"]).status === 0;
const hasJail = testPython !== undefined && spawnSync("bwrap", ["--version"]).status === 0;

const folder = mkdtempSync(join(tmpdir(), "remotemedia-environment-"));
process.env.REMOTEMEDIA_HOME = folder;
afterAll(() => rmSync(folder, { recursive: true }));

/** What was begun and not finished. */
const drafts = () => readdirSync(join(folder, "python")).filter((name) => name.startsWith("new-"));

/** A Python that does nothing but what `script` says of its arguments. */
function fakePython(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\ncase "$*" in ${script} esac\n`, { mode: 0o755 });
  return path;
}

describe.skipIf(!hasVenv)("python_deps", () => {
  it("go into an environment that is made once", async () => {
    const source = join(folder, "shouting");
    cpSync(join(nodes, "shouting"), source, { recursive: true });
    const deps = ["--no-build-isolation", "--no-index", source];
    const { host, logged } = listening();
    // A slow machine needs longer than the 30 s that a start has.
    const options = { deadlines: { startMs: 110_000 } };
    const run = async () =>
      (await new Pipeline("p", host).add(python({ class: "shouting:Shout", pythonDeps: deps })).run("hello", options)).outputs.python ?? [];
    expect(valuesOf(await run())).toEqual(["HELLO"]);
    expect(valuesOf(await run())).toEqual(["HELLO"]);
    expect(logged.filter((line) => line.includes("installing"))).toHaveLength(1);
    expect(readdirSync(join(folder, "python"))).toHaveLength(1);
  }, 120_000);

  it("that cannot be installed are told with pip's words, and leave nothing behind", async () => {
    const pipeline = new Pipeline("p", listening().host).add(python({ class: "a:B", pythonDeps: ["--no-index", "no-such-thing-at-all"] }));
    const error = await failureOf(pipeline.run("x", { deadlines: { startMs: 110_000 } }));
    expect(error).toMatchObject({ code: "start-failed", message: expect.stringContaining("no-such-thing-at-all") });
    expect(drafts()).toEqual([]);
  }, 120_000);

  it("are installed before anything starts, and told once", async () => {
    const source = join(folder, "shouting-early");
    cpSync(join(nodes, "shouting"), source, { recursive: true });
    const python_deps = ["--no-build-isolation", "--no-index", source];
    const nodesOf = (entry: object) => [
      { id: "a", node_type: "shouting:Shout", ...entry },
      { id: "b", node_type: "gain", params: null },
    ];
    const told: string[] = [];
    const options = { tell: (line: string) => void told.push(line) };
    await installPythonDeps(nodesOf({ python_deps }), options);
    await installPythonDeps(nodesOf({ node_type: "python", params: { class: "shouting:Shout", python_deps } }), options);
    await installPythonDeps(nodesOf({ python_deps: "scipy" }) as never, options);
    expect(told).toEqual([`installing ${python_deps.join(" ")} with pip, once`]);
    const { host, logged } = listening();
    const { outputs } = await new Pipeline("p", host).add(python({ class: "shouting:Shout", pythonDeps: python_deps })).run("hello");
    expect(valuesOf(outputs.python ?? [])).toEqual(["HELLO"]);
    expect(logged.filter((line) => line.includes("installing"))).toEqual([]);
  }, 120_000);

  it("say so when pip cannot reach its index", async () => {
    const deps = ["--index-url=http://127.0.0.1:9/simple", "some-package"];
    const error = await failureOf(environmentFor(testPython as string, deps, { clock: systemClock, startMs: 132_000, log }));
    expect(error).toMatchObject({
      code: "start-failed",
      message: expect.stringContaining("pip cannot reach its index to install"),
      fix: expect.stringContaining("PIP_INDEX_URL"),
    });
    expect(drafts()).toEqual([]);
  }, 120_000);
});

describe("python_deps", () => {
  const clock = new VirtualClock();
  const context = { clock, startMs: 30_000, log };

  it("say what to install where there is no venv, which Debian tells on standard output", async () => {
    const bare = fakePython("bare", '-c*) echo bare 3.11;; *venv*) echo "ensurepip is not available"; exit 1;;');
    expect(await failureOf(environmentFor(bare, ["scipy"], context))).toMatchObject({
      code: "start-failed",
      message: expect.stringContaining("ensurepip is not available"),
      fix: expect.stringContaining("python3-venv"),
    });
  });

  it("go in with a pip of their own where the system has none", async () => {
    const lone = fakePython(
      "lone",
      `*"import pip") exit 1;; -c*) echo lone 3.11;; *venv*) mkdir -p "$5/bin"; cp "${folder}/lone" "$5/bin/python";; *) echo "$*" >> "${folder}/lone-ran";;`,
    );
    await environmentFor(lone, ["scipy"], context);
    const ran = readFileSync(join(folder, "lone-ran"), "utf8").trim().split("\n");
    expect(ran).toEqual(["-m ensurepip", expect.stringMatching(/^-m pip install .*scipy$/)]);
  });

  it("say that there is no such Python", async () => {
    const error = await failureOf(environmentFor(join(folder, "none"), ["scipy"], context));
    expect(error).toMatchObject({ code: "start-failed", message: expect.stringContaining("does not run") });
  });

  it("that take longer than a start go on, and are there for the next", async () => {
    const slow = fakePython(
      "slow",
      `-c*) echo slow 3.11;; *venv*) mkdir -p "$5/bin"; cp "${folder}/slow" "$5/bin/python";; *pip*) until [ -e "${folder}/go" ]; do sleep 0.05; done;;`,
    );
    const first = failureOf(environmentFor(slow, ["scipy"], context));
    await clock.advance(25_000);
    expect(await first).toMatchObject({
      code: "start-failed",
      message: "pip is still installing scipy",
      fix: expect.stringContaining("goes on"),
    });
    const second = environmentFor(slow, ["scipy"], { ...context, startMs: 1e6 });
    await clock.advance(25_000);
    writeFileSync(join(folder, "go"), "");
    expect(await second).toMatch(/bin\/python$/);
  });

  it("are given up when that is asked for, and leave nothing behind", async () => {
    const stuck = fakePython(
      "stuck",
      `-c*) echo stuck 3.11;; *venv*) mkdir -p "$5/bin"; cp "${folder}/stuck" "$5/bin/python";; *pip*) exec sleep 60;;`,
    );
    const controller = new AbortController();
    vi.stubEnv("REMOTEMEDIA_PYTHON", stuck);
    const nodes = [{ id: "a", node_type: "some:Node", python_deps: ["scipy"] }];
    const run = installPythonDeps(nodes, {
      tell: () => setTimeout(() => controller.abort(new Error("enough")), 300),
      signal: controller.signal,
    });
    vi.unstubAllEnvs();
    await expect(run).rejects.toThrow("enough");
    expect(drafts()).toEqual([]);
  });
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
  });

  it("sees the Python package of a program, which is a link", async () => {
    const source = join(import.meta.dirname, "../../../clients/python/src/remotemedia");
    cpSync(source, join(folder, "installed"), { recursive: true, filter: (path) => !path.endsWith("_runtime") });
    mkdirSync(join(folder, "linked"));
    symlinkSync(join(folder, "installed"), join(folder, "linked/remotemedia"));
    vi.stubEnv("REMOTEMEDIA_PYTHON_PACKAGE", join(folder, "linked"));
    try {
      const pipeline = new Pipeline("p", listening().host).add(
        python({ class: `${nodes}/jailed.py:Tries`, params: { what: "echo" }, jail: true }),
      );
      expect(valuesOf((await pipeline.run("x")).outputs.python ?? [])).toEqual(["x"]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
