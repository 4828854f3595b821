import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

/** What the figures were measured on; nothing that names the machine itself. */
export function describeEnvironment() {
  const [cpu] = cpus();
  return {
    Date: new Date().toISOString().slice(0, 10),
    Commit:
      firstLine("git", ["rev-parse", "--short", "HEAD"]) + (firstLine("git", ["status", "--porcelain", "-uno"]) ? " with changes" : ""),
    Processor: `${cpus().length} × ${cpu.model.trim()}${isVirtual() ? ", virtual" : ""}`,
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    System: `${distribution()}, Linux ${release().split("-")[0]}`,
    "Node.js": `${process.versions.node} (V8 ${process.versions.v8})`,
  };
}

/** Load of the last minute: above the number of cores, the figures were taken in a crowd. */
export const load = () => loadavg()[0].toFixed(1);

/** The first line that a program prints, or nothing if it is not there. */
export function firstLine(command, args) {
  const { stdout } = spawnSync(command, args, { encoding: "utf8" });
  return stdout?.split("\n")[0].trim() ?? "";
}

const isVirtual = () => /\bhypervisor\b/.test(read("/proc/cpuinfo"));
const distribution = () => /^PRETTY_NAME="(.*)"$/m.exec(read("/etc/os-release"))?.[1] ?? process.platform;

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
