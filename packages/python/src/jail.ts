/** Walls around workers: bubblewrap and prlimit, where the machine has them. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { errors } from "@remotemedia/core";

/** Whether a command is on the path. */
export function isOnPath(command: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// What Python and its libraries are made of. Debian's numpy reaches its BLAS through /etc/alternatives.
const system = ["/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/alternatives", "/etc/ld.so.cache"];

/**
 * A command that runs where nothing is to be had but the system's programs and what `readable` names: no network, no home, no other processes,
 * memory only up to `memoryMb`.
 *
 * @throws `host-unsupported` where bubblewrap is not installed.
 */
export function jailed(command: readonly string[], readable: readonly string[], memoryMb: number): readonly string[] {
  if (!isOnPath("bwrap")) {
    throw errors.hostUnsupported({ message: "a jail needs bubblewrap", fix: "Install it (Debian: bubblewrap), or leave jail out." });
  }
  const binds = [...system, ...readable].filter((path) => existsSync(path)).flatMap((path) => ["--ro-bind", path, path]);
  const walls = [
    "--unshare-all",
    "--cap-drop",
    "ALL",
    "--uid",
    "65534",
    "--new-session",
    "--die-with-parent",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
  ];
  const limits = isOnPath("prlimit") ? ["prlimit", `--as=${memoryMb * 1024 * 1024}`, "--"] : [];
  // Frames come through one folder of shared memory; the names in it last only until both sides have opened them.
  return ["bwrap", ...walls, "--tmpfs", "/tmp", ...binds, "--bind", "/dev/shm", "/dev/shm", "--", ...limits, ...command];
}
