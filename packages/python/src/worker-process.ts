/** A Python process that serves nodes: started, listened to, and killed when it shows no life. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { errors, isRemoteMediaError, type Log } from "@remotemedia/core";
import { jailed } from "./jail.ts";
import { PythonWorker, type WorkerFacts } from "./python-worker.ts";
import { protocolVersion } from "./wire.ts";

/** How a worker is started. */
export interface ProcessOptions {
  /** The interpreter. */
  readonly python: string;
  /** Whether it may touch nothing but what it needs. */
  readonly isJailed: boolean;
}

/** A running worker. */
export interface WorkerProcess {
  readonly worker: PythonWorker;
  readonly facts: WorkerFacts;
  /** Whoever uses it: gets its log and is told when it is gone. */
  adopt(log: Log, onLost: (how: string) => void): void;
  /** Whether it keeps this process alive; a spare does not. */
  hold(isHeld: boolean): void;
  /** Ends it at once. */
  kill(): void;
  /** Ends it after it has cleaned up. */
  close(): void;
}

// A thread of the worker beats every 0.5 s whatever its nodes do; only a process that is stopped, or code that never lets Python's lock go, is silent.
const silenceMs = 10_000;
const closeMs = 2_000;
const tailLines = 20;
const jailMemoryMb = 4_096;
// Without the folder that it is started in, where a file may have the name of one of Python's own modules. Nodes find that folder later.
const program = "import sys; sys.path[:] = filter(None, sys.path); import remotemedia._worker.__main__";

/** The folder that holds the Python package: beside the sources, beside what npm installed, or where the Python client says. */
export const pythonPackage = (): string =>
  [
    process.env.REMOTEMEDIA_PYTHON_PACKAGE,
    fileURLToPath(new URL("python", import.meta.url)),
    fileURLToPath(new URL("../../../clients/python/src", import.meta.url)),
  ].find((folder) => folder !== undefined && existsSync(`${folder}/remotemedia/_worker/__main__.py`)) ?? "";

/**
 * Starts a worker and waits until it answers.
 *
 * @throws `host-unsupported` when there is no such Python, or one that is too old.
 */
export async function startProcess({ python, isJailed }: ProcessOptions): Promise<WorkerProcess> {
  const plain = [python, "-u", "-c", program];
  const ours = pythonPackage();
  // What a Python program names holds a link.
  const linked = existsSync(ours) ? [realpathSync(join(ours, "remotemedia"))] : [];
  // An interpreter that is named by its path brings the folder that it is installed in: an environment, or a Python of one's own.
  const readable = [ours, ...linked, process.cwd(), ...(isAbsolute(python) ? [join(python, "../..")] : [])];
  const [command, ...args] = isJailed ? jailed(plain, readable, jailMemoryMb) : plain;
  const path = [ours, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  const child = spawn(command as string, args, {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...(isJailed ? harmless(process.env) : process.env), PYTHONPATH: path, PYTHONIOENCODING: "utf-8" },
  });
  const running = new RunningProcess(child);
  try {
    return await running.ready(python);
  } catch (thrown) {
    running.kill();
    throw thrown;
  }
}

// Keys and tokens are in the environment; a jail sees none of it but this.
const harmless = ({ PATH, LANG, TZ }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ PATH, LANG, TZ });

class RunningProcess implements WorkerProcess {
  readonly #child: ChildProcess;
  readonly worker: PythonWorker;
  facts: WorkerFacts = { pid: 0, python: "", executable: "", numpy: false };
  readonly #tail: string[] = [];
  readonly #gone: Promise<string>;
  readonly #watch: NodeJS.Timeout;
  #log: Log | undefined;
  #onLost: ((how: string) => void) | undefined;
  #lastSeenMs = Date.now();
  #killed: string | undefined;
  /** It ends by itself, after its nodes have. */
  #isClosing = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      child.on("error", ({ message }) => resolve(message));
      child.on("exit", (code, signal) =>
        resolve(this.#killed ?? (signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`)),
      );
    });
    this.worker = new PythonWorker(child.stdio[3] as Duplex, {
      onRecord: ({ level, logger, message }) => this.#log?.[level](`${logger}: ${message}`),
      onBeat: () => {
        this.#lastSeenMs = Date.now();
      },
      onLost: () => this.#lost(),
    });
    lines(child.stdout, (line) => this.#say("info", line));
    lines(child.stderr, (line) => this.#say("warn", line));
    this.#watch = setInterval(() => this.#checkLife(), 1_000).unref();
    void this.#gone.then(() => this.worker.lost());
  }

  async ready(python: string): Promise<WorkerProcess> {
    try {
      this.facts = await this.worker.ready;
    } catch (cause) {
      // It lives, and would never be gone.
      if (isRemoteMediaError(cause) && cause.code === "host-unsupported")
        throw errors.hostUnsupported({
          message: `the Python package in ${pythonPackage()} does not fit this runtime, which speaks protocol ${protocolVersion}: ${cause.message}`,
          fix: "Use the runtime and the Python package in the same version.",
          cause,
        });
      const how = await this.#gone;
      throw errors.hostUnsupported({
        message: `no worker starts with the Python "${python}": ${[how, ...this.#tail].join("\n")}`,
        fix: "Install Python 3.9 or newer, or name one: the parameter python, or REMOTEMEDIA_PYTHON.",
        cause,
      });
    }
    return this;
  }

  hold(isHeld: boolean): void {
    const change = isHeld ? "ref" : "unref";
    this.#child[change]();
    for (const stream of this.#child.stdio) (stream as Partial<Record<typeof change, () => void>> | null)?.[change]?.();
  }

  adopt(log: Log, onLost: (how: string) => void): void {
    this.#log = log;
    this.#onLost = onLost;
    for (const line of this.#tail.splice(0)) log.warn(`python: ${line}`);
    if (this.worker.isLost) this.#lost();
  }

  kill(how?: string): void {
    this.#killed = how;
    this.#child.kill("SIGKILL");
  }

  close(): void {
    this.#onLost = undefined;
    this.#isClosing = true;
    this.worker.close();
    const timer = setTimeout(() => this.kill(), closeMs);
    void this.#gone.then(() => clearTimeout(timer));
  }

  /** The stream is gone: so will the process be. */
  #lost(): void {
    clearInterval(this.#watch);
    if (!this.#isClosing) this.#child.kill("SIGKILL");
    void this.#gone.then((how) => {
      this.#onLost?.(how);
      this.#onLost = undefined;
    });
  }

  #checkLife(): void {
    const silentMs = Date.now() - this.#lastSeenMs;
    // The host itself may have been stopped: then everything is late.
    if (silentMs > silenceMs && silentMs < 2 * silenceMs)
      this.kill(`it showed no life for ${Math.round(silentMs / 1000)} s and was killed`);
    else if (silentMs >= 2 * silenceMs) this.#lastSeenMs = Date.now();
  }

  #say(level: "info" | "warn", line: string): void {
    if (this.#log !== undefined) return this.#log[level](`python: ${line}`);
    this.#tail.push(line);
    if (this.#tail.length > tailLines) this.#tail.shift();
  }
}

/** What user code prints, line by line; a line without an end is given after 64 KiB. */
function lines(stream: NodeJS.ReadableStream | null, give: (line: string) => void): void {
  let held = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (text: string) => {
    const parts = (held + text).split("\n");
    held = parts.pop() ?? "";
    for (const line of parts) give(line);
    if (held.length < 65_536) return;
    give(held);
    held = "";
  });
  stream?.on("end", () => held !== "" && give(held));
  stream?.on("error", () => undefined);
}
