// Tests against other people's programs, which come as Debian packages. They are installed only where that is nobody's own machine: with
// CI=true or REMOTEMEDIA_TEST_INSTALL=1, and as root. Elsewhere a part whose program is missing is skipped by name; in CI that is a failure.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { runProgram } from "./steps.mjs";
import { nothing, runNodeTests } from "./test-runs.mjs";

const inCi = process.env.CI === "true";
const mayInstall = (inCi || process.env.REMOTEMEDIA_TEST_INSTALL === "1") && process.getuid?.() === 0;

function isOnPath(command) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const isLibrary = (name) => runProgram("pkg-config", ["--exists", name], { stdio: "ignore" });

const isPythonModule = (name) => runProgram("/usr/bin/python3", ["-c", `import ${name}`], { stdio: "ignore" });

/** What a part needs and this machine lacks; libraries and modules are asked for only where pkg-config and Python can answer. */
function missingOf({ commands, libraries = [], pythonModules = [] }) {
  const absent = commands.filter((command) => !isOnPath(command));
  if (absent.length > 0) return absent;
  return [...libraries.filter((name) => !isLibrary(name)), ...pythonModules.filter((name) => !isPythonModule(name))];
}

function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = { env, stdio: ["ignore", "ignore", "inherit"] };
  const fetched = runProgram("apt-get", ["install", "-qq", "-y", "--no-install-recommends", ...packages], quiet);
  if (fetched) return;
  // The list of packages may be missing or old; only then is it fetched.
  runProgram("apt-get", ["update", "-qq"], quiet);
  runProgram("apt-get", ["install", "-qq", "-y", "--no-install-recommends", ...packages], quiet);
}

/**
 * Provides what one of the test parts of test/peers/parts.mjs needs; tests that lack it are skipped.
 * @returns {import("./test-runs.mjs").Counts}
 */
export function provideTestPart({ name, probe: [command, ...args], debianPackages }) {
  const isThere = () => runProgram(command, args, { stdio: "ignore" });
  if (!isThere() && mayInstall) install(debianPackages);
  if (isThere()) return nothing;
  console.log(`skipped: ${name} need ${debianPackages.join(" ")} (Debian)`);
  return inCi ? { ...nothing, failed: 1 } : nothing;
}

/**
 * Runs one part of test/peers/parts.mjs, or skips it by name.
 * @returns {import("./test-runs.mjs").Counts}
 */
export function runPeerPart(part) {
  const { name, file, debianPackages } = part;
  if (missingOf(part).length > 0 && mayInstall) install(debianPackages);
  const missing = missingOf(part);
  if (missing.length === 0) return runNodeTests(`peer-${name}`, [file]);
  console.log(`skipped: peer ${name} needs ${missing.join(", ")} (Debian: ${debianPackages.join(" ")})`);
  return inCi ? { ...nothing, failed: 1 } : { ...nothing, skipped: 1 };
}
