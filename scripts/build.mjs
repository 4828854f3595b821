// Builds every package: the kernels' WebAssembly first, because TypeScript compiles the module that embeds it. Both are incremental.
//   node scripts/build.mjs [--quiet]
import { chmodSync, cpSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { bundleCommands } from "./bundle-commands.mjs";
import { bundlePythonRuntime } from "./bundle-python-runtime.mjs";
import { commandsOf, packages } from "./packages.mjs";
import { root, runNode, runSteps, tool } from "./steps.mjs";

const kernels = join(root, "packages/kernels/scripts/build.mjs");

/** What `npm ci` does for commands, it could not do before they were built: make them executable and link them for `npx`. */
function linkCommands() {
  for (const [name, path] of packages.flatMap(commandsOf)) {
    if (!existsSync(path)) continue;
    chmodSync(path, 0o755);
    const link = join(root, "node_modules/.bin", name);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), path), link);
  }
  return true;
}

/** What npm installs of `@remotemedia/python` brings the Python package along: workers run it, and nodes import it. */
function copyPythonPackage() {
  const [from, to] = [join(root, "clients/python/src"), join(root, "packages/python/dist/python")];
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, filter: (path) => !/(^|\/)(_runtime[^/]*|__pycache__|\.mypy_cache|[^/]*\.egg-info)$/.test(path) });
  return true;
}

const steps = [
  ["build kernels", () => !existsSync(kernels) || runNode([kernels])],
  ["build sources", () => runNode([tool("typescript/bin/tsc"), "-b"])],
  ["copy the Python package", copyPythonPackage],
  ["bundle commands", bundleCommands],
  ["bundle the runtime for Python", bundlePythonRuntime],
  ["link commands", linkCommands],
];
if (!(await runSteps(steps, { quiet: process.argv.includes("--quiet") }))) process.exitCode = 1;
