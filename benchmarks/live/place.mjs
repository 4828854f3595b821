import { spawnSync } from "node:child_process";
import { cpus } from "node:os";

/**
 * Where a process runs: on which core, and in which network namespace. With two cores or more the server has the first one for itself and the
 * generator the second; what else measures shares the second.
 */
const canPin = cpus().length > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** The command that runs `command` in its place: `{ core, namespace }`, both optional. It replaces itself, so the process id is the program's. */
export function inPlace({ core, namespace } = {}, command, args) {
  const pinned = canPin && core !== undefined ? ["taskset", "-c", `${core}`, command, ...args] : [command, ...args];
  const [first, ...rest] = namespace === undefined ? pinned : ["ip", "netns", "exec", namespace, ...pinned];
  return [first, rest];
}
