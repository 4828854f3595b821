// What a change must pass, cheapest first; stops at the first step that fails.
//   node scripts/check.mjs
import { checkSteps } from "./check-steps.mjs";
import { runNode, runSteps, tool } from "./steps.mjs";

const unitTests = ["unit tests", () => runNode([tool("vitest/vitest.mjs"), "run", "--reporter=dot", "packages"])];
if (!(await runSteps([...checkSteps, unitTests]))) process.exitCode = 1;
