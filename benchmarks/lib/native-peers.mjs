import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../native/", import.meta.url));
const LIBRARIES = { soxr: ["soxr"], swr: ["libswresample", "libavutil"], gst: ["gstreamer-audio-1.0"] };

/**
 * Compiles the native peers into a temporary folder. Gives `{ soxr, swr, gst }`, each `{ path }` or `{ skipped }`, and `remove()`.
 * The libraries come built as the distribution ships them; `-march=native` would touch only our loop around them.
 */
export function buildNativePeers() {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-peers-"));
  const built = Object.fromEntries(Object.entries(LIBRARIES).map(([name, libraries]) => [name, compile(folder, name, libraries)]));
  return { ...built, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function compile(folder, name, libraries) {
  const flags = spawnSync("pkg-config", ["--cflags", "--libs", ...libraries], { encoding: "utf8" });
  if (flags.error) return { skipped: "pkg-config is not installed" };
  if (flags.status !== 0) return { skipped: `the development files of ${libraries.join(" and ")} are not installed` };
  const path = join(folder, name);
  const args = ["-O2", "-Wall", "-o", path, join(SOURCES, `${name}.c`), ...flags.stdout.trim().split(/\s+/)];
  const gcc = spawnSync("gcc", args, { encoding: "utf8" });
  if (gcc.error) return { skipped: "gcc is not installed" };
  if (gcc.status !== 0) throw new Error(`${name}.c does not compile:\n${gcc.stderr}`);
  return { path };
}
