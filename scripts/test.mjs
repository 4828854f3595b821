// The whole of the tests: the check's steps, vitest, the packed tarballs, and the comparisons with peers' programs.
// Goes on after a failure, so that one run tells everything; it ends with what failed and the sum, and the exit code says whether anything failed.
//   node scripts/test.mjs
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { peerParts, testParts } from "../test/peers/parts.mjs";
import { checkSteps } from "./check-steps.mjs";
import { provideTestPart, runPeerPart } from "./peer-parts.mjs";
import { root, runSteps } from "./steps.mjs";
import { nothing, runNodeTests, runVitest, sum } from "./test-runs.mjs";

const packedTests = readdirSync(join(root, "test/packed"))
  .filter((name) => name.endsWith(".test.mjs"))
  .map((name) => `test/packed/${name}`);

const counts = [];
/** A step that counts tests; one that ends badly without naming a test is one failure. */
const counted = (name, run) => [
  name,
  async () => {
    const count = await run();
    const isUnnamed = count.failed > count.failures.length;
    counts.push(isUnnamed ? { ...count, failures: [...count.failures, `step: ${name}`] } : count);
    return count.failed === 0;
  },
];
const uncounted = ([name, run]) => counted(name, async () => ({ ...nothing, failed: (await run()) ? 0 : 1 }));

const steps = [
  ...checkSteps.map(uncounted),
  ...testParts.map((part) => counted(`part: ${part.name}`, () => provideTestPart(part))),
  counted("vitest", runVitest),
  counted("packed tarballs", () => runNodeTests("packed", packedTests)),
  ...peerParts.map((part) => counted(`peer: ${part.name}`, () => runPeerPart(part))),
];
for (const step of steps) await runSteps([step]);

const { passed, failed, skipped, failures } = sum(counts);
for (const failure of failures) console.log(`\n✗ ${failure}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
