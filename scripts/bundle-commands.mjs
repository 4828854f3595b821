// Puts each command into one file, in place of what the compiler wrote: loading a hundred small ones is most of a command's start-up.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { build } from "esbuild";
import { commandsOf, packages } from "./packages.mjs";
import { root } from "./steps.mjs";

/** How everything here is bundled: from the sources, so that it does not depend on what else is built. */
export const bundling = {
  absWorkingDir: root,
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@remotemedia/source"],
  logLevel: "warning",
};

/** Bundles each command. */
export async function bundleCommands() {
  for (const [, outfile] of packages.flatMap(commandsOf)) {
    const entryPoint = outfile.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
    const { outputFiles } = await build({
      ...bundling,
      entryPoints: [relative(root, entryPoint)],
      outfile,
      write: false,
      // Installed only where they are needed, and loaded only by the commands that do.
      external: ["@remotemedia/python", "@remotemedia/server", "@remotemedia/speech", "@remotemedia/transport-webrtc"],
    });
    // Written beside and renamed: a test may be running it.
    mkdirSync(dirname(outfile), { recursive: true });
    writeFileSync(`${outfile}.${process.pid}`, outputFiles[0].contents, { mode: 0o755 });
    renameSync(`${outfile}.${process.pid}`, outfile);
  }
  return true;
}
