// Puts each command into one file, in place of what the compiler wrote: loading a hundred small ones is most of a command's start-up.
import { relative } from "node:path";
import { build } from "esbuild";
import { commandsOf, packages } from "./packages.mjs";
import { root } from "./steps.mjs";

/** Bundles from the sources, so that a command does not depend on what else is built. */
export async function bundleCommands() {
  for (const [, outfile] of packages.flatMap(commandsOf)) {
    const entryPoint = outfile.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
    await build({
      entryPoints: [relative(root, entryPoint)],
      absWorkingDir: root,
      outfile,
      allowOverwrite: true,
      bundle: true,
      minifySyntax: true,
      minifyWhitespace: true,
      platform: "node",
      format: "esm",
      target: "node20",
      conditions: ["@remotemedia/source"],
      logLevel: "warning",
    });
  }
  return true;
}
