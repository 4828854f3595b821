// What a Python user installs: the package in an environment of its own, far from this repository, with nothing but Debian's packages.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

const source = join(import.meta.dirname, "../../clients/python");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "wheel-")));
const work = join(folder, "work");
const python = join(folder, "env/bin/python");
const site = () => python3(["-c", "import remotemedia, os; print(os.path.dirname(remotemedia.__file__))"]).trim();

const python3 = (argv) => execFileSync(python, argv, { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const install = (from, ...options) =>
  execFileSync(python, ["-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index", ...options, from]);

/** A copy, because building leaves files behind. */
function copyOf(name, isLeftOut) {
  cpSync(source, join(folder, name), {
    recursive: true,
    filter: (path) => !/(__pycache__|\/build|\.egg-info)$/.test(path) && !isLeftOut?.test(path),
  });
  return join(folder, name);
}

/** A folder with one command. */
function pathWith(name, make) {
  mkdirSync(join(folder, name));
  make(join(folder, name, "node"));
  return join(folder, name);
}

/** What a script says: its JSON, and its warnings. */
function run(script, env = {}) {
  const { status, stdout, stderr } = spawnSync(python, ["-c", script], { cwd: work, encoding: "utf8", env: { ...process.env, ...env } });
  assert.equal(status, 0, stderr);
  return { values: JSON.parse(stdout), warnings: stderr.split("\n").filter((line) => line.includes("UserWarning")) };
}

const nodes = `
import json, numpy, remotemedia
from remotemedia import ConfigurationError, Node, Pipeline
from remotemedia.nodes import AddNode, MultiplyNode

class Plus(Node):
    def process(self, number):
        return number + 1

def native(name, **params):
    return type("Native", (Node,), {"_is_native": True, "_node_type": name, "_extract_params": lambda self: params})()

def why(pipeline, *given):
    try:
        return pipeline.run(*given)
    except ConfigurationError as error:
        return str(error)
`;
const sums = "Pipeline([MultiplyNode(3), Plus(), AddNode(10)]).run([1, 2, 3])";

before(() => {
  mkdirSync(work);
  // The environment lies in a project of somebody's, whose language is another.
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
  writeFileSync(join(work, "shout.py"), "class Shout:\n    def process(self, text):\n        return text.upper()\n");
  execFileSync("/usr/bin/python3", ["-m", "venv", "--system-site-packages", join(folder, "env")]);
  install(copyOf("source"));
});
after(() => rmSync(folder, { recursive: true }));

describe("the installed Python package", () => {
  it("is pure Python and the runtime, typed, and wants numpy alone", (test) => {
    const info = join(site(), "../remotemedia-0.1.0.dist-info");
    const files = readFileSync(join(info, "RECORD"), "utf8")
      .split("\n")
      .map((line) => line.split(",")[0]);
    for (const needed of ["py.typed", "_worker/__main__.py", "_runtime/remotemedia.js"])
      assert.ok(files.includes(`remotemedia/${needed}`), needed);
    const strange = files.filter((file) => /\.(so|node|map|ts)$|mypy_cache/.test(file));
    assert.deepEqual(strange, []);
    assert.match(readFileSync(join(info, "WHEEL"), "utf8"), /Tag: py3-none-any/);
    assert.deepEqual(readFileSync(join(info, "METADATA"), "utf8").match(/^Requires-Dist: .*/gm), ["Requires-Dist: numpy"]);
    test.diagnostic(`runtime: ${Math.round(statSync(join(site(), "_runtime/remotemedia.js")).size / 1024)} KiB`);
  });

  it("runs pipelines of native and Python nodes from any folder, with its own runtime", () => {
    const { values, warnings } = run(`${nodes}
from remotemedia.runtime import command
sound, rate = Pipeline([native("resample", sample_rate=16000)]).run((numpy.full((1, 48000), 0.5, numpy.float32), 48000))
print(json.dumps([${sums}, sound.shape, rate, round(float(sound[0, 8000]), 4), command()[1]]))`);
    assert.deepEqual(values, [[14, 17, 20], [1, 16000], 16000, 0.5, join(site(), "_runtime/remotemedia.js")]);
    assert.deepEqual(warnings, []);
  });

  it("brings what workers of the runtime need", () => {
    assert.equal(run(`${nodes}\nprint(json.dumps(Pipeline([native("shout.py:Shout")]).run("hello")))`).values, "HELLO");
  });

  it("brings the nodes of speech", () => {
    const { values } = run(`${nodes}
quiet = Pipeline([native("denoise")]).run((numpy.zeros((1, 48000), numpy.float32), 48000))
samples = numpy.concatenate([sound for sound, rate in quiet], axis=1)
print(json.dumps([Pipeline([native("sentences")]).run("How are you? I am fine."), samples.shape, float(abs(samples).max())]))`);
    assert.deepEqual(values, [["How are you?", "I am fine."], [1, 48000], 0]);
  });
});

const unusable = {
  "is not there": [
    () => pathWith("none", () => undefined),
    /needs Node\.js, which is not on the path\. Install Node\.js 20 or newer \(https:/,
  ],
  "is too old": [
    () => pathWith("old", (node) => writeFileSync(node, "#!/bin/sh\necho v18.19.0\n", { mode: 0o755 })),
    /needs Node\.js 20 or newer; \S+ is 18\. Install/,
  ],
};
for (const [what, [makePath, told]] of Object.entries(unusable)) {
  it(`says where to get Node.js when it ${what}, and runs in pure Python with one warning`, () => {
    const script = `${nodes}\nprint(json.dumps([${sums}, ${sums}, why(Pipeline([native("denoise")]), 1)]))`;
    const { values, warnings } = run(script, { PATH: makePath() });
    assert.deepEqual(values.slice(0, 2), [
      [14, 17, 20],
      [14, 17, 20],
    ]);
    assert.match(values[2], told);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], told);
  });
}

it("a package that was installed before the runtime was built says so", () => {
  const target = join(folder, "unbuilt-site");
  install(copyOf("unbuilt", /_runtime/), "--target", target);
  const PATH = pathWith("node-alone", (node) => symlinkSync(process.execPath, node));
  const { values, warnings } = run(`${nodes}\nprint(json.dumps([${sums}, remotemedia.__file__]))`, { PATH, PYTHONPATH: target });
  assert.deepEqual(values, [[14, 17, 20], join(target, "remotemedia/__init__.py")]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /npm run build/);
});
