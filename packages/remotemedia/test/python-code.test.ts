import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { loadNodes, nodejsHost, Pipeline } from "../src/index.ts";
import { isPythonCode } from "../src/optional-nodes.ts";
import { put, remotemedia, useCommandLine } from "./command-line.ts";

const folder = useCommandLine();

describe("A node type that names Python code", () => {
  it.each<[string, string | undefined, boolean]>([
    ["gain.py:Gain", undefined, true],
    ["./nodes/gain.py", undefined, true],
    ["/home/me/My nodes/gain.py:Größe", undefined, true],
    ["my_nodes.audio:Gain", undefined, true],
    ["WhisperXTranscriber", undefined, true],
    ["whatever", "python", true],
    ["whatever", "rust_python", true],
    ["AudioResampelNode", undefined, false],
    ["resampel", undefined, false],
    ["whatever", "wasm", false],
    ["chat", "python", false],
    ["WebRTCSource", undefined, false],
    ["WebRTCSink", "rust_python", false],
  ])("%s, hint %s: %s", (node_type, runtime_hint, expected) => {
    expect(isPythonCode({ node_type, ...(runtime_hint !== undefined && { runtime_hint }) } as never)).toBe(expected);
  });

  it("becomes a type of the host, with what the manifest says beside its parameters", async () => {
    const node_type = "shapes.py:Square";
    const manifest = {
      version: "v1",
      nodes: [{ id: "a", node_type, params: { size: 2 }, python_deps: ["numpy"], runtime_hint: "cpython" }],
    };
    await loadNodes(manifest.nodes as never);
    expect(nodejsHost.registry.find(node_type)).toMatchObject({ requires: ["python"] });
    const { nodes, warnings } = await Pipeline.fromManifest(manifest).explain();
    expect(warnings).toEqual([]);
    expect(nodes).toMatchObject([{ runtime: "cpython", params: { size: 2, python_deps: ["numpy"] } }]);
  });

  it("fails with its place, and tells how to see the traceback", async () => {
    put(folder, "fails.py", "def fails(data):\n    raise ValueError('odd')\n");
    put(folder, "in.txt", "hello");
    const call = (...more: string[]) => remotemedia(["run", "fails.py:fails", "-i", "in.txt", ...more], { cwd: folder });
    const [short, long] = await Promise.all([call(), call("--verbose")]);
    expect(short.stderr).toMatch(/ValueError: odd \(.*fails\.py:2, in fails\)\n {2}fix: Read the cause \(--verbose\); /);
    expect(short.stderr).not.toContain("Traceback");
    expect(long.stderr).toMatch(/fix: Read the cause; .*\n {2}cause: Traceback/);
  });

  it("runs from the command line", async () => {
    put(
      folder,
      "shout.py",
      "class Shout:\n    def __init__(self, mark='!'): self.mark = mark\n    def process(self, data): return data.upper() + self.mark\n",
    );
    put(folder, "in.txt", "hello");
    const { code, stdout, stderr } = await remotemedia(["run", "shout.py:Shout mark=?", "-i", "in.txt"], { cwd: folder });
    expect({ code, stdout: stdout.trim(), stderr }).toMatchObject({ code: 0, stdout: "HELLO?" });
  });

  it("is a file where only one class in it has a process", async () => {
    put(folder, "loud.py", "class Loud:\n    def process(self, data): return data.upper()\n");
    put(folder, "in.txt", "hello");
    const { code, stdout } = await remotemedia(["run", "loud.py", "-i", "in.txt"], { cwd: folder });
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: "HELLO" });
    put(folder, "pair.py", "class A:\n    def process(self, data): pass\nclass B(A): pass\n");
    const { stderr } = await remotemedia(["run", "pair.py", "-i", "in.txt"], { cwd: folder });
    expect(stderr).toMatch(/pair\.py has 2 classes with process.*\n.*pair\.py:A, pair\.py:B/);
  });

  it("gets its requirements before it starts, and pip is heard once", async () => {
    // A Python whose environments are itself, and whose pip is quick.
    const python = put(
      folder,
      "python",
      `#!/bin/sh
case "$*" in
  *venv*) mkdir -p "$5/bin" && cp "$0" "$5/bin/python";;
  *"import pip") ;;
  *"pip install"*) echo "Collecting it";;
  *) exec python3 "$@";;
esac
`,
    );
    chmodSync(python, 0o755);
    put(folder, "loud.py", "class Loud:\n    def process(self, data): return data.upper()\n");
    const manifest = { version: "v1", metadata: { name: "loud" }, nodes: [{ id: "a", node_type: "loud.py:Loud", python_deps: ["it"] }] };
    put(folder, "loud.json", { ...manifest, connections: [] });
    put(folder, "in.txt", "hello");
    const env = { REMOTEMEDIA_PYTHON: python, REMOTEMEDIA_HOME: join(folder, "home") };
    const run = () => remotemedia(["run", "loud.json", "-i", "in.txt"], { cwd: folder, env });
    expect(await run()).toEqual({ code: 0, stdout: "HELLO\n", stderr: "installing it with pip, once\nCollecting it\n" });
    expect(await run()).toEqual({ code: 0, stdout: "HELLO\n", stderr: "" });
  });

  it.each([
    ["venv", `sh -c 'sleep 0.4; mkdir -p "$0/bin"' "$5"; exit 1`],
    ["pip", 'mkdir -p "$5/bin" && cp "$0" "$5/bin/python"'],
  ])("leaves nothing behind when it is interrupted while %s works", async (_, venv) => {
    const python = put(
      folder,
      "slow-python",
      `#!/bin/sh\ncase "$*" in *venv*) ${venv};; *"import pip") ;; *pip*) exec sleep 60;; *) exec python3 "$@";; esac\n`,
    );
    chmodSync(python, 0o755);
    put(folder, "slow.json", {
      version: "v1",
      metadata: { name: "slow" },
      nodes: [{ id: "a", node_type: "loud.py:Loud", python_deps: ["it"] }],
      connections: [],
    });
    const home = join(folder, "slow-home");
    const { code, stderr } = await remotemedia(["run", "slow.json"], {
      env: { REMOTEMEDIA_PYTHON: python, REMOTEMEDIA_HOME: home },
      onStart: (child) => child.stderr?.once("data", () => child.kill("SIGINT")),
      cwd: folder,
    });
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining("interrupted") });
    await sleep(500);
    expect(readdirSync(join(home, "python"))).toEqual([]);
  });
});
