/** `python_deps`: a virtual environment of venv and pip for each set of requirements, made once. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { errors, type Log, type RemoteMediaError } from "@remotemedia/core";

const run = promisify(execFile);
const making = new Map<string, Promise<string>>();
const installMs = 30 * 60_000;

const home = (): string => join(process.env.REMOTEMEDIA_HOME ?? join(homedir(), ".remotemedia"), "python");

/**
 * The interpreter of an environment that has `deps`, beside what `python` has itself. What pip takes as arguments may be named: requirements, folders,
 * options. The environment is found again by its content: the interpreter, the requirements, and the files of folders.
 *
 * @throws `start-failed` with what pip said.
 */
export async function environmentFor(python: string, deps: readonly string[], log: Log): Promise<string> {
  if (deps.length === 0) return python;
  const { stdout } = await run(python, ["-c", "import sys; print(sys.executable, sys.version)"]).catch((cause) => {
    throw failed(`"${python}" does not run`, cause, "Install Python 3.9 or newer, or name one with the parameter python.");
  });
  const folder = join(home(), contentKey(stdout, deps));
  const interpreter = join(folder, "bin", "python");
  if (existsSync(interpreter)) return interpreter;
  const known = making.get(folder) ?? make(python, deps, folder, log).finally(() => making.delete(folder));
  making.set(folder, known);
  await known;
  return interpreter;
}

async function make(python: string, deps: readonly string[], folder: string, log: Log): Promise<string> {
  log.info(`python: installing ${deps.join(" ")}`);
  mkdirSync(home(), { recursive: true });
  const draft = mkdtempSync(join(home(), "new-"));
  try {
    await run(python, ["-m", "venv", "--system-site-packages", draft]).catch((cause) => {
      throw failed(`"${python} -m venv" fails`, cause, "Install venv (Debian: python3-venv), or install the requirements yourself.");
    });
    const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", ...deps];
    await run(join(draft, "bin", "python"), pip, { timeout: installMs }).catch((cause) => {
      throw failed(`pip cannot install ${deps.join(" ")}`, cause, "Check the names in python_deps, and that pip reaches its index.");
    });
    // Only a whole environment gets its name. Another process may have been quicker.
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

function contentKey(version: string, deps: readonly string[]): string {
  const hash = createHash("sha256").update(version);
  for (const dep of deps.toSorted()) {
    hash.update(`\0${dep}`);
    if (existsSync(dep)) addFiles(hash, dep);
  }
  return hash.digest("hex").slice(0, 24);
}

const made = /^(\.git|__pycache__|build|dist|.*\.egg-info)$/;

function addFiles(hash: ReturnType<typeof createHash>, path: string): void {
  if (!statSync(path).isDirectory()) return void hash.update(readFileSync(path));
  for (const name of readdirSync(path).sort()) {
    if (made.test(name)) continue;
    hash.update(`\0${name}`);
    addFiles(hash, join(path, name));
  }
}

function failed(message: string, cause: unknown, fix: string): RemoteMediaError {
  const said = String((cause as { stderr?: unknown }).stderr ?? cause).trim();
  return errors.startFailed({ message: `${message}: ${said.split("\n").slice(-3).join("\n")}`, fix, cause });
}
