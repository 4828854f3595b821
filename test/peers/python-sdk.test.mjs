// The Python SDK's own tests, from the source tree and without an install.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../clients/python");
const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
const { stdout, stderr } = spawnSync("pytest-3", ["-v", "-p", "no:cacheprovider"], { cwd: folder, env, encoding: "utf8" });

const results = [...stdout.matchAll(/^(tests\/\S+::.+?) (PASSED|FAILED|ERROR)\b/gm)];
for (const [, name, result] of results) {
  it(name, () => {
    if (result !== "PASSED") throw new Error(stdout);
  });
}
it("pytest has found tests", () => {
  if (results.length === 0) throw new Error(stdout + stderr);
});
