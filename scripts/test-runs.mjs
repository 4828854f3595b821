// Runs a test runner with its usual output and counts from its machine-readable one.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, runNode, tool } from "./steps.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @type {Counts} */
export const nothing = { passed: 0, failed: 0, skipped: 0 };

/** @param {readonly Counts[]} counts */
export const sum = (counts) =>
  counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }), nothing);

/** Where a runner writes its report; what an earlier run left there is removed, so that a crash is not read as its success. */
function freshReport(name) {
  const file = join(root, "temp", name);
  mkdirSync(join(root, "temp"), { recursive: true });
  rmSync(file, { force: true });
  return file;
}

/** A runner that failed without a failed test (a file that does not load, an unhandled rejection, a crash) is one failure. */
const orOneFailure = (succeeded, counts) => (succeeded || counts.failed > 0 ? counts : { ...counts, failed: 1 });

/** @returns {Counts} */
export function runVitest() {
  const report = freshReport("vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const succeeded = runNode([tool("vitest/vitest.mjs"), "run", ...reporters]);
  if (!existsSync(report)) return { ...nothing, failed: 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
  return orOneFailure(succeeded, { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests });
}

/**
 * Runs files of `node:test`. `name` names the report.
 * @returns {Counts}
 */
export function runNodeTests(name, files) {
  const report = freshReport(`${name}.tap`);
  const reporters = ["spec", "tap"].flatMap((reporter, index) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${index === 0 ? "stdout" : report}`,
  ]);
  const succeeded = runNode(["--test", ...reporters, ...files]);
  const tap = existsSync(report) ? readFileSync(report, "utf8") : "";
  // The runner's own sums at the end of its report: `# pass 3`.
  const count = (key) => Number(tap.match(new RegExp(`^# ${key} (\\d+)$`, "m"))?.[1] ?? 0);
  return orOneFailure(succeeded, {
    passed: count("pass"),
    failed: count("fail") + count("cancelled"),
    skipped: count("skipped") + count("todo"),
  });
}
