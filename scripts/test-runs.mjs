// Runs a test runner with its usual output and counts from its machine-readable one.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { root, runNode, tool } from "./steps.mjs";

/**
 * `failures`: what is to be told again at the end of a long output, a text for each failed test that its runner names.
 * @typedef {{ passed: number, failed: number, skipped: number, failures: readonly string[] }} Counts
 */

/** @type {Counts} */
export const nothing = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** @param {readonly Counts[]} counts */
export const sum = (counts) => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
  skipped: counts.reduce((total, { skipped }) => total + skipped, 0),
  failures: counts.flatMap(({ failures }) => failures),
});

const firstLines = (text) => text.split("\n").slice(0, 20).join("\n");

/** What failed in a report of vitest: tests, and files that could not be loaded. */
function vitestFailures({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((result) => result.status === "failed");
    const file = relative(root, name);
    if (failed.length === 0) return status === "failed" ? [`${file}\n${firstLines(message)}`] : [];
    return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}\n${firstLines(failureMessages.join("\n"))}`);
  });
}

/** What failed in a report of `node:test`, each with the lines that follow it there; suites fail only because of their tests. */
function tapFailures(tap) {
  const blocks = tap.matchAll(/^ *not ok \d+ - (.*)\n *---\n((?:.*\n)*?) *\.\.\.$/gm);
  return [...blocks]
    .filter(([, , details]) => !details.includes("failureType: 'subtestsFailed'"))
    .map(([, name, details]) => firstLines(`${name}\n${details}`));
}

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
  const results = JSON.parse(readFileSync(report, "utf8"));
  return orOneFailure(succeeded, {
    passed: results.numPassedTests,
    failed: results.numFailedTests,
    skipped: results.numPendingTests + results.numTodoTests,
    failures: vitestFailures(results),
  });
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
    failures: tapFailures(tap),
  });
}
