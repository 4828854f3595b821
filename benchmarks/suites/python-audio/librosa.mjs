import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../temp/benchmarks-librosa", import.meta.url));

/** The Python that has librosa, in an environment of its own; made where installing was asked for. `{ command }` or `{ skipped }`. */
export function pythonWithLibrosa() {
  const command = join(FOLDER, "bin/python");
  if (has(command)) return { command };
  if (process.env.CI !== "true" && process.env.REMOTEMEDIA_TEST_INSTALL !== "1")
    return { skipped: "librosa is not installed; REMOTEMEDIA_TEST_INSTALL=1 installs it" };
  spawnSync("/usr/bin/python3", ["-m", "venv", "--system-site-packages", FOLDER]);
  spawnSync(command, ["-m", "pip", "install", "--quiet", "librosa"], { stdio: ["ignore", "ignore", "inherit"] });
  return has(command) ? { command } : { skipped: "librosa could not be installed" };
}

const has = (command) => existsSync(command) && spawnSync(command, ["-c", "import librosa"]).status === 0;
