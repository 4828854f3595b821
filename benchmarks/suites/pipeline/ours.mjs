/** The whole job as a contestant: every pass opens the pipeline, pushes ten seconds, flushes and collects the output. */
import { createRequire } from "node:module";
import { servePasses } from "../../lib/serve-passes.mjs";
import { check, makeInput, preprocess } from "./job.mjs";

const { version } = createRequire(import.meta.url)("../../../packages/remotemedia/package.json");
const pipeline = preprocess();
const input = makeInput();
await servePasses({ library: `RemoteMedia ${version}` }, async () => {
  const { outputs } = await pipeline.run(input);
  check(Object.values(outputs).flat());
});
