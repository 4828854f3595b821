import { join } from "node:path";
import { build } from "esbuild";

const prelude = `
  import { audioFrame, Pipeline, quietLog, Registry, systemClock } from "@remotemedia/core";
  import { referenceKernels } from "@remotemedia/kernels";
  import { callbackSource, tone } from "@remotemedia/nodes";
  import { fileSink, pcmSink, pcmSource } from "@remotemedia/nodes/nodejs";
  const host = { name: "test", registry: new Registry(), kernels: async () => ({ js: referenceKernels }), clock: systemClock, log: quietLog(console.error), capabilities: ["fs"] };
  const pipeline = new Pipeline("program", host);
  const fail = (error) => { console.error(error.code, error.message); process.exitCode = 3; };
`;

/** A program for a process of its own, as one file: Node.js 20 does not run TypeScript. */
export async function programOf(body: string, folder: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  const conditions = ["@remotemedia/source"];
  await build({
    stdin: { contents: prelude + body, resolveDir: import.meta.dirname },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    conditions,
    logLevel: "silent",
  });
  return outfile;
}
