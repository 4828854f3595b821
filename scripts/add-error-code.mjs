// How much an error code costs: adds one to the catalogue in a copy of the working tree, lets the compiler and the generators say which other
// files must follow, and prints all of them. The design's bound is fewer than 15; test/house.test.ts holds it.
//   node scripts/add-error-code.mjs [--json]

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { packages } from "./packages.mjs";
import { root } from "./steps.mjs";

const catalogue = "packages/core/src/errors.ts";
const row = '  "added-code": entry("Something new happened.", "Look at it.", 500, "INTERNAL", "NodeError"),\n';
const endOfCatalogue = "} as const satisfies Record<string, ErrorEntry>;";

const copy = mkdtempSync(join(tmpdir(), "error-code-"));
try {
  copyWorkingTree();
  addRow();
  const before = snapshot("docs");
  const complaints = compile();
  generate();
  const after = snapshot("docs");
  const followed = [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
  report([...new Set([catalogue, ...complaints, ...followed])].sort());
} finally {
  rmSync(copy, { recursive: true });
}

/** Sources and generated files, not what was built; packages resolve to the copy, everything else to what is installed. */
function copyWorkingTree() {
  const isSource = (path) => !["node_modules", "dist", "temp", ".git"].includes(basename(path));
  for (const name of readdirSync(root).filter(isSource)) cpSync(join(root, name), join(copy, name), { recursive: true, filter: isSource });
  mkdirSync(join(copy, "node_modules/@remotemedia"), { recursive: true });
  const own = new Set(packages.map(({ manifest }) => manifest.name));
  const link = (name, target) => !own.has(name) && symlinkSync(target, join(copy, "node_modules", name));
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "@remotemedia") link(name, join(root, "node_modules", name));
  }
  for (const { folder, manifest } of packages) {
    symlinkSync(join(copy, relative(root, folder)), join(copy, "node_modules", manifest.name));
  }
}

function addRow() {
  const text = readFileSync(join(copy, catalogue), "utf8");
  if (!text.includes(endOfCatalogue)) throw new Error(`${catalogue} no longer ends its table with: ${endOfCatalogue}`);
  writeFileSync(join(copy, catalogue), text.replace(endOfCatalogue, row + endOfCatalogue));
}

/** Files that the compiler names: sources first, then tests and examples. */
function compile() {
  const tsc = (...argv) =>
    spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...argv], { cwd: copy, encoding: "utf8" }).stdout;
  const output = tsc("-b", "--pretty", "false") + tsc("-p", "tsconfig.test.json", "--pretty", "false");
  return [...output.matchAll(/^(\S+?)\(\d+,\d+\): error TS/gm)].map(([, path]) => path);
}

function generate() {
  for (const argv of [["scripts/generate.mjs"], ["scripts/api-reports.mjs", "--local"]]) {
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: copy, encoding: "utf8" });
    if (status !== 0) throw new Error(`${argv[0]} failed in the copy:\n${stderr}`);
  }
}

/** Text by path of every file under a folder of the copy. */
function snapshot(folder) {
  if (!existsSync(join(copy, folder))) return new Map();
  const paths = readdirSync(join(copy, folder), { recursive: true, withFileTypes: true });
  const files = paths.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return new Map(files.map((file) => [relative(copy, file), readFileSync(file, "utf8")]));
}

function report(files) {
  if (process.argv.includes("--json")) console.log(JSON.stringify(files));
  else console.log(`An error code touches ${files.length} files:\n${files.map((file) => `  ${file}`).join("\n")}`);
}
