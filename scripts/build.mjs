// Builds every package: the kernels' WebAssembly first, because TypeScript compiles the module that embeds it. Both are incremental.
//   node scripts/build.mjs [--quiet]
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { commandsOf, packages } from "./packages.mjs";
import { root, runNode, runSteps, tool } from "./steps.mjs";

const kernels = join(root, "packages/kernels/scripts/build.mjs");

/** `npx` in this workspace needs commands that are executable; for a published tarball npm sees to it. */
function makeCommandsExecutable() {
  for (const command of packages.flatMap(commandsOf)) {
    if (existsSync(command)) chmodSync(command, 0o755);
  }
  return true;
}

const steps = [
  ["build kernels", () => !existsSync(kernels) || runNode([kernels])],
  ["build sources", () => runNode([tool("typescript/bin/tsc"), "-b"])],
  ["make commands executable", makeCommandsExecutable],
];
if (!(await runSteps(steps, { quiet: process.argv.includes("--quiet") }))) process.exitCode = 1;
