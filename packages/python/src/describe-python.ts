/** What this machine has for Python nodes, as `remotemedia doctor` tells it. */
import { isOnPath } from "./jail.ts";
import { defaultPython } from "./python-runtime.ts";
import { hasSharedMemory } from "./shared-memory.ts";
import { startProcess } from "./worker-process.ts";

/** One thing that was looked at. */
export interface PythonFinding {
  readonly check: string;
  readonly isThere: boolean;
  readonly found: string;
  /** What its absence means, and what to do. */
  readonly advice?: string;
}

/** Looks for an interpreter, shared memory, and what jails are made of. Never throws. */
export async function describePython(): Promise<readonly PythonFinding[]> {
  const memory = await hasSharedMemory();
  return [
    await interpreter(),
    memory
      ? { check: "Python: shared memory", isThere: true, found: "mapped with koffi" }
      : {
          check: "Python: shared memory",
          isThere: false,
          found: "none",
          advice: "Frames go through a socket. On Linux: npm install koffi.",
        },
    ...(["bwrap", "prlimit"] as const).map(tool),
  ];
}

async function interpreter(): Promise<PythonFinding> {
  const check = "Python";
  try {
    const running = await startProcess({ python: defaultPython(), isJailed: false });
    running.close();
    const { python, executable, numpy } = running.facts;
    const found = `${python}, ${executable}, ${numpy ? "numpy" : "no numpy"}`;
    return numpy ? { check, isThere: true, found } : { check, isThere: false, found, advice: "Audio needs it: pip install numpy." };
  } catch (thrown) {
    return { check, isThere: false, found: "none that runs", advice: (thrown as Error).message };
  }
}

function tool(command: "bwrap" | "prlimit"): PythonFinding {
  const check = `Python: ${command}`;
  if (isOnPath(command)) return { check, isThere: true, found: "installed" };
  const advice =
    command === "bwrap" ? "Without it Python nodes run in no jail (Debian: bubblewrap)." : "Without it a jail has no memory limit.";
  return { check, isThere: false, found: "not installed", advice };
}
