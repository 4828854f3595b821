// Writes the files in git that are made from code, or with --check says which of them are stale. Runs on the built packages.
//   node scripts/generate.mjs [--check]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "./generated-files.mjs";
import { root } from "./steps.mjs";

const check = process.argv.includes("--check");
const stale = [];
for (const { path, render } of generatedFiles) {
  const text = await render();
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`${path}: written`);
}
if (check && stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}; run npm run generate and look at the diff`);
  process.exitCode = 1;
}
