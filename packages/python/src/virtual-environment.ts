/** `python_deps`: a virtual environment of venv and pip for each set of requirements, made once. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { errors, type ManifestNode, type NodeContext, type RemoteMediaError } from "@remotemedia/core";
import { defaultPython } from "./python-runtime.ts";

const making = new Map<string, Promise<void>>();
// The rest of the time that a start has is for the worker. What is not there by then would be told as a node that is slow.
const shareOfStart = 5 / 6;

const noVenv = "Install venv (Debian: python3-venv), or install the requirements yourself.";

const home = (): string => join(process.env.REMOTEMEDIA_HOME ?? join(homedir(), ".remotemedia"), "python");

/** How requirements are installed. */
export interface InstallOptions {
  /** Is told once what is installed; not when all is there. */
  readonly tell: (line: string) => void;
  /** Whether pip's own progress goes to standard error. Default false. */
  readonly showsProgress?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Installs the `python_deps` of nodes that are not there yet, before anything starts and its deadline counts.
 *
 * @param nodes those of a manifest
 * @throws `start-failed` with what pip said; the reason of the signal.
 * @example await installPythonDeps(manifest.nodes, { tell: console.error });
 */
export async function installPythonDeps(nodes: Iterable<ManifestNode>, options: InstallOptions): Promise<void> {
  for (const { node_type, params, python_deps = params?.["python_deps"] } of nodes) {
    // Something else than a list of strings is told by validation.
    if (!Array.isArray(python_deps) || !python_deps.every((dep) => typeof dep === "string")) continue;
    const python = /^python(-source)?$/.test(node_type) ? params?.["python"] : undefined;
    await environmentOf(typeof python === "string" ? python : defaultPython(), python_deps, options);
  }
}

/**
 * The interpreter of an environment that has `deps`, beside what `python` has itself, for a node that starts. What takes longer than a start may is an
 * error that says so; the installing goes on, for the next start.
 *
 * @throws `start-failed` with what pip said.
 */
export async function environmentFor(
  python: string,
  deps: readonly string[],
  { clock, startMs, log }: Pick<NodeContext, "clock" | "startMs" | "log">,
): Promise<string> {
  const environment = environmentOf(python, deps, { tell: (line) => log.info(`python: ${line}`) });
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.setTimer(startMs * shareOfStart, () => reject(stillInstalling(deps)));
  });
  try {
    return await Promise.race([environment, late]);
  } finally {
    cancel();
    environment.catch(() => undefined); // after that nobody waits for it
  }
}

const stillInstalling = (deps: readonly string[]): RemoteMediaError =>
  errors.startFailed({
    message: `pip is still installing ${deps.join(" ")}`,
    fix: "It goes on: start again when it is done, or raise deadlines.startMs. `remotemedia run` and `serve` install before they start.",
  });

/**
 * What pip takes as arguments may be named: requirements, folders, options. The environment is found again by its content: the interpreter, the
 * requirements, and the files of folders.
 */
async function environmentOf(python: string, deps: readonly string[], options: InstallOptions): Promise<string> {
  if (deps.length === 0) return python;
  const version = await run(python, ["-c", "import sys; print(sys.executable, sys.version)"]).catch((cause: Error) => {
    throw failed(`"${python}" does not run`, cause, "Install Python 3.9 or newer, or name one with the parameter python.");
  });
  const folder = join(home(), contentKey(version, deps));
  const interpreter = join(folder, "bin", "python");
  if (existsSync(interpreter)) return interpreter;
  const known = making.get(folder) ?? make(python, deps, folder, options).finally(() => making.delete(folder));
  making.set(folder, known);
  await known;
  return interpreter;
}

async function make(python: string, deps: readonly string[], folder: string, { tell, signal, ...options }: InstallOptions): Promise<void> {
  tell(`installing ${deps.join(" ")} with pip, once`);
  mkdirSync(home(), { recursive: true });
  const draft = mkdtempSync(join(home(), "new-"));
  const ended = new AbortController();
  const either = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  // A process that exits leaves neither pip nor what it has begun.
  const giveUp = (): void => {
    ended.abort();
    rmSync(draft, { recursive: true, force: true });
  };
  process.once("exit", giveUp);
  try {
    const interpreter = join(draft, "bin", "python");
    const prepare = (python: string, args: readonly string[]): Promise<string> =>
      run(python, args, { signal: either }).catch((cause: Error) => {
        either.throwIfAborted();
        throw failed(`"${python} ${args.slice(0, 2).join(" ")}" fails`, cause, noVenv);
      });
    await prepare(python, ["-m", "venv", "--system-site-packages", "--without-pip", draft]);
    // The pip of the system does as well, and is there at once; a copy takes 5 s to make.
    const hasPip = await run(interpreter, ["-c", "import pip"], { signal: either }).then(
      () => true,
      () => false,
    );
    if (!hasPip) await prepare(interpreter, ["-m", "ensurepip"]);
    const pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--retries=2", ...deps];
    await run(interpreter, pip, { ...options, signal: either }).catch((cause: Error) => {
      either.throwIfAborted();
      throw pipFailed(deps, cause);
    });
    // Only a whole environment gets its name. Another process may have been quicker.
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    process.off("exit", giveUp);
    giveUp();
  }
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

/** What a command prints; what it says goes wrong is the message of its error. */
function run(
  command: string,
  args: readonly string[],
  { showsProgress = false, signal }: Omit<InstallOptions, "tell"> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // A group of its own: venv and pip have others write for them, who would go on after them in a folder that is gone.
    const child = spawn(command, args, { stdio: ["ignore", showsProgress ? 2 : "pipe", "pipe"], detached: true });
    const end = (): void => endGroup(child.pid);
    signal?.addEventListener("abort", end, { once: true });
    let printed = "";
    let said = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-20_000)));
    child.on("error", reject);
    // Debian's venv says on standard output what is missing.
    child.on("close", (code) => {
      signal?.removeEventListener("abort", end);
      if (code === 0) resolve(printed);
      else reject(new Error(said.trim() || printed.trim() || `it ended with ${code}`));
    });
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  } catch {
    // It has just ended.
  }
}

function pipFailed(deps: readonly string[], cause: Error): RemoteMediaError {
  // Without a network pip says in the end that it knows no such package.
  const isUnreachable = /^WARNING: Retrying/m.test(cause.message);
  return isUnreachable
    ? failed(
        `pip cannot reach its index to install ${deps.join(" ")}`,
        cause,
        "Check the network, or name an index of yours (PIP_INDEX_URL).",
      )
    : failed(`pip cannot install ${deps.join(" ")}`, cause, "Check the names in python_deps.");
}

const failed = (message: string, cause: Error, fix: string): RemoteMediaError =>
  errors.startFailed({ message: `${message}: ${cause.message.split("\n").slice(-6).join("\n")}`, fix, cause });
