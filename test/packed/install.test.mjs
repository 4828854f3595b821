// What a user gets: the tarballs, installed into an empty project. Nothing of this repository's own resolution may be needed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

const repository = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "packed-"));
const project = join(folder, "project");
const run = (program, argv, cwd = project) => execFileSync(program, argv, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** What `npm pack` made, as npm reports it. @type {{ name: string, filename: string, files: { path: string }[] }[]} */
let tarballs;

const isPartOfTheSdk = ({ name }) => ["@remotemedia/core", "@remotemedia/kernels", "@remotemedia/nodes", "remotemedia"].includes(name);
const sizeOf = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).reduce((bytes, name) => bytes + sizeOf(join(path, name)), 0) : statSync(path).size;

before(() => {
  tarballs = Object.values(JSON.parse(run("npm", ["pack", "--workspaces", "--json", "--pack-destination", folder], repository)));
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  const files = tarballs.filter(isPartOfTheSdk).map(({ filename }) => join(folder, filename));
  run("npm", ["install", "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund", ...files]);
});
after(() => rmSync(folder, { recursive: true }));

describe("the packed tarballs", () => {
  it("run on the oldest Node.js that the packages declare, or a newer one", () => {
    assert.ok(Number(run("node", ["--version"]).match(/^v(\d+)/)[1]) >= 20);
  });

  it("hold what is needed and nothing of how it was made", () => {
    for (const { name, files } of tarballs) {
      const paths = files.map(({ path }) => path);
      for (const needed of ["dist/index.js", "dist/index.d.ts", "LICENSE"]) assert.ok(paths.includes(needed), `${name} lacks ${needed}`);
      const strange = paths.filter(
        (path) =>
          !/^(package\.json|README\.md|LICENSE|remotemedia\.proto|dist\/.*\.(js|d\.ts)|dist\/python\/.*(\.py|\/py\.typed)|page\/[\w-]+\.(html|css|js|svg))$/.test(
            path,
          ) || /\.test\./.test(path),
      );
      assert.deepEqual(strange, [], name);
    }
  });

  it("install only what is theirs and their own dependencies, and say how much that is", (test) => {
    const modules = join(project, "node_modules");
    const kib = (path) => `${Math.round(sizeOf(path) / 1024)} KiB`;
    test.diagnostic(`production install of remotemedia: ${kib(modules)}, of which @remotemedia: ${kib(join(modules, "@remotemedia"))}`);
    const { packages } = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8"));
    const installed = Object.keys(packages).filter((path) => path !== "");
    test.diagnostic(`packages: ${installed.map((path) => path.replace("node_modules/", "")).join(", ")}`);
    assert.ok(installed.length < 12, `${installed.length} packages`);
  });

  it("can be imported by name", () => {
    const names = run("node", ["--input-type=module", "--eval", 'console.log(Object.keys(await import("remotemedia")).join(" "))']);
    assert.match(names, /\bPipeline\b/);
  });

  it("give a strict TypeScript project its types", () => {
    writeFileSync(
      join(project, "use.ts"),
      'import { Pipeline } from "remotemedia";\nexport const pipeline: Pipeline = new Pipeline("typed");\n',
    );
    const compilerOptions = {
      noEmit: true,
      strict: true,
      module: "nodenext",
      target: "es2023",
      lib: ["es2023", "esnext.disposable", "dom"],
      types: [],
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
    run("node", [join(repository, "node_modules/typescript/bin/tsc"), "--project", project]);
  });

  it("bring the command line", () => {
    const { bin } = JSON.parse(readFileSync(join(project, "node_modules/remotemedia/package.json"), "utf8"));
    assert.ok(bin, "remotemedia declares no command");
    for (const command of Object.keys(bin)) {
      const path = join(project, "node_modules/.bin", command);
      assert.ok(existsSync(path), `${command} is not linked`);
      assert.match(run(path, ["--version"]), /\d+\.\d+\.\d+/);
    }
  });
});
