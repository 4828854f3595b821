import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";

const script = pathToFileURL(join(import.meta.dirname, "../scripts/test-runs.mjs")).href;
const folder = mkdtempSync(join(tmpdir(), "remotemedia-runs-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
}

/** What `scripts/test.mjs` learns of a file of `node:test`. */
function countsOf(source: string): Counts {
  const file = join(folder, "some.test.mjs");
  writeFileSync(file, `import { describe, it } from "node:test"; import assert from "node:assert";\n${source}`);
  const program = `import { runNodeTests } from ${JSON.stringify(script)};
    console.log("\\n" + JSON.stringify(runNodeTests("test-runs", [${JSON.stringify(file)}])));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Counts;
}

it("names each failed test with its error, once, and not the suites around it", () => {
  const counts = countsOf(`
    describe("outer", () => {
      it("holds", () => {});
      it.skip("waits", () => {});
      it("breaks", () => assert.equal(1, 2));
    });
    it("throws", () => { throw new Error("the disk is full"); });`);
  expect(counts).toMatchObject({ passed: 1, failed: 2, skipped: 1 });
  expect(counts.failures).toEqual([
    expect.stringMatching(/^breaks\n.*error: '1 == 2'/s),
    expect.stringMatching(/^throws\n.*error: 'the disk is full'/s),
  ]);
});

it("counts a file that cannot be loaded", () => {
  const counts = countsOf(`throw new Error("no such thing");`);
  expect(counts.failed).toBe(1);
  expect(counts.failures).toHaveLength(1);
});
