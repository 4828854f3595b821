// Python classes where npm alone was: in a TypeScript project and on the command line, and the runtime for a Python program.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

const repository = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "packed-python-"));
const project = join(folder, "project");
const modules = join(project, "node_modules");
const run = (program, argv, { cwd = project, env = process.env } = {}) =>
  execFileSync(program, argv, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

const names = ["core", "kernels", "nodes", "protocol", "python", "remotemedia"];
/** What `npm pack` made, as npm reports it. @type {{ filename: string, files: { path: string }[] }[]} */
let tarballs;

const shout = `class Shout:
    def __init__(self, mark="!"):
        self.mark = mark

    def process(self, text):
        return text.upper() + self.mark
`;

const use = `import { python } from "@remotemedia/python";
import { Pipeline } from "remotemedia";

const pipeline = new Pipeline("shout").add(python({ class: "shout.py:Shout", params: { mark: "?" } }));
const { outputs } = await pipeline.run(["hello", "you"]);
console.log(JSON.stringify(Object.values(outputs).flat().map((frame) => "text" in frame && frame.text)));
`;

before(() => {
  const workspaces = names.map((name) => `--workspace=packages/${name}`);
  tarballs = Object.values(JSON.parse(run("npm", ["pack", ...workspaces, "--json", "--pack-destination", folder], { cwd: repository })));
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  const files = tarballs.map(({ filename }) => join(folder, filename));
  run("npm", ["install", "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund", ...files]);
  writeFileSync(join(project, "shout.py"), shout);
  writeFileSync(join(project, "in.txt"), "hello\n");
});
after(() => rmSync(folder, { recursive: true }));

const hasPython = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;

describe("the packed tarballs of Python nodes", { skip: hasPython ? false : "there is no Python 3.9 or newer" }, () => {
  it("hold the Python package, and nothing that Python or its tools left behind", () => {
    const paths = tarballs.flatMap(({ files }) => files.map(({ path }) => path)).filter((path) => path.startsWith("dist/python/"));
    for (const needed of ["py.typed", "pipeline.py", "_worker/__main__.py"])
      assert.ok(paths.includes(`dist/python/remotemedia/${needed}`), needed);
    assert.deepEqual(
      paths.filter(
        (path) =>
          !/^dist\/python\/remotemedia(_runtime)?\/([a-z_]+\/)*([a-z_]+\.py|py\.typed)$/.test(path) || /__pycache__|\/_runtime/.test(path),
      ),
      [],
    );
  });

  it("run a Python class from TypeScript", () => {
    writeFileSync(join(project, "use.ts"), use);
    // The engine for Python programs is a server of Node.js: its types are.
    const typeRoots = [join(repository, "node_modules/@types")];
    const compilerOptions = {
      strict: true,
      module: "nodenext",
      target: "es2023",
      lib: ["es2023", "esnext.disposable"],
      types: ["node"],
      typeRoots,
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
    run("node", [join(repository, "node_modules/typescript/bin/tsc"), "--project", project]);
    assert.deepEqual(JSON.parse(run("node", ["use.js"])), ["HELLO?", "YOU?"]);
  });

  it("run a Python class from the command line", () => {
    assert.equal(run("npx", ["--no-install", "remotemedia", "run", "shout.py:Shout mark=?", "-i", "in.txt"]), "HELLO?\n");
  });

  it("are a runtime that a Python program finds on the path", () => {
    const script =
      "from remotemedia import Pipeline; from remotemedia.nodes import MultiplyNode; print(Pipeline([MultiplyNode(2)]).run([1, 2, 3]))";
    const env = {
      ...process.env,
      PATH: `${join(modules, ".bin")}:${process.env.PATH}`,
      PYTHONPATH: join(modules, "@remotemedia/python/dist/python"),
      PYTHONWARNINGS: "error",
    };
    assert.equal(run("python3", ["-c", script], { env }), "[2, 4, 6]\n");
  });
});
