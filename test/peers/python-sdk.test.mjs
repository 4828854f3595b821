// The Python SDK's own tests, from the source tree and without an install: on the system's Python, and on every other that is found with numpy and pytest.
// With REMOTEMEDIA_TEST_PYPI=1 those two are fetched where they are missing.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";

const system = "/usr/bin/python3";
const oldest = 9;
const newest = 14;
// They take a minute.
const mostMs = 10 * 60_000;
const environments = mkdtempSync(join(tmpdir(), "pythons-"));
after(() => rmSync(environments, { recursive: true }));

const succeeds = (command, argv) => spawnSync(command, argv, { stdio: "ignore" }).status === 0;
const hasModules = (python) => succeeds(python, ["-c", "import numpy, pytest"]);
const isSystems = (minor) => succeeds(system, ["-c", `import sys; sys.exit(sys.version_info[1] != ${minor})`]);

function runTests(python) {
  const cwd = join(import.meta.dirname, "../../clients/python");
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const { status, stdout, stderr } = spawnSync(python, ["-m", "pytest", "-v", "-p", "no:cacheprovider"], {
    cwd,
    env,
    encoding: "utf8",
    timeout: mostMs,
  });
  const results = [...stdout.matchAll(/^(tests\/\S+::.+?) (PASSED|FAILED|ERROR)\b/gm)];
  return { status, output: stdout + stderr, results: results.map(([, name, result]) => ({ name, hasPassed: result === "PASSED" })) };
}

/** An interpreter of that version which can run the tests, or why there is none. */
function pythonOf(minor) {
  const python = `python3.${minor}`;
  if (hasModules(python)) return { python };
  if (!succeeds(python, ["--version"])) return { why: `there is no ${python} here` };
  if (process.env.REMOTEMEDIA_TEST_PYPI !== "1") return { why: `${python} has no numpy and pytest (REMOTEMEDIA_TEST_PYPI=1 fetches them)` };
  const environment = join(environments, python);
  const inside = join(environment, "bin/python");
  if (!succeeds(python, ["-m", "venv", environment]) || !succeeds(inside, ["-m", "pip", "install", "-q", "numpy", "pytest"]))
    return { why: `numpy and pytest cannot be fetched for ${python}` };
  return { python: inside };
}

const { status, output, results } = runTests(system);
for (const { name, hasPassed } of results) {
  it(name, () => {
    if (!hasPassed) throw new Error(output);
  });
}
it("pytest has found tests, and nothing else has failed", () => {
  if (results.length === 0 || (status !== 0 && results.every(({ hasPassed }) => hasPassed))) throw new Error(output);
});

for (let minor = oldest; minor <= newest; minor++) {
  if (isSystems(minor)) continue;
  const { python, why } = pythonOf(minor);
  const name = `all of them on Python 3.${minor}`;
  // Only the system's Python is asked for: in CI, where what is skipped has failed, the others are only told of.
  if (why !== undefined && process.env.CI === "true") console.log(`not run: ${name}: ${why}`);
  else {
    it(name, { skip: why }, () => {
      const other = runTests(python);
      if (other.status !== 0 || other.results.length === 0) throw new Error(other.output);
    });
  }
}
