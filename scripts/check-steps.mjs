// The steps that `npm run check` and `npm test` share: everything that is known without running a test.
import { runNode, tool } from "./steps.mjs";

// A warning that may stay is one that nobody reads; Biome colors its output even for a file unless told not to.
const lint = ["ci", "--error-on-warnings", process.stdout.isTTY ? "--colors=force" : "--colors=off"];
const cruise = ["--config", ".dependency-cruiser.cjs", "--output-type", "err", "packages"];

// Types of other packages are left out, and so the result does not depend on what is installed; its only interpreter is none.
const types = ["--project", "clients/python", "--pythonpath", "none", "--warnings"];

export const checkSteps = [
  ["format and lint", () => runNode([tool("@biomejs/biome/bin/biome"), ...lint])],
  ["layers", () => runNode([tool("dependency-cruiser/bin/dependency-cruise.mjs"), ...cruise])],
  ["build", () => runNode(["scripts/build.mjs", "--quiet"])],
  ["types of tests and examples", () => runNode([tool("typescript/bin/tsc"), "-p", "tsconfig.test.json"])],
  ["types of the page", () => runNode([tool("typescript/bin/tsc"), "-p", "packages/remotemedia/page"])],
  ["types of Python", () => runNode([tool("pyright/index.js"), ...types])],
  ["generated files", () => runNode(["scripts/generate.mjs", "--check"])],
  ["API reports", () => runNode(["scripts/api-reports.mjs"])],
];
