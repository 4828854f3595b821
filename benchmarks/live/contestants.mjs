import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createNamespace, NAMESPACE_ADDRESS } from "./namespace.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const OPTIONS = ["--port", "0", "--max-sessions", "1000", "--drain-timeout", "1s", "--log-level", "warn"];
const READY = /^(?:ready|Serving) .*?(https?:\/\/\S+)/m;

/**
 * The servers that are measured: how each is started and reached. The peers come in the order in which tables show them. `remove` takes the network
 * namespace away that aiortc needs.
 */
export function createContestants() {
  const namespace = createNamespace();
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-live-"));
  const python = { command: "/usr/bin/python3", args: [path("peers/aiortc_echo.py")], ready: READY };
  return {
    /** Ours, with the server as users start it. */
    ours(manifest, name = "RemoteMedia", nodeOptions = []) {
      const file = join(folder, `${manifest.metadata.name}.json`);
      writeFileSync(file, JSON.stringify(manifest));
      const args = [...nodeOptions, path("../../packages/remotemedia/dist/remotemedia.js"), "serve", file, ...OPTIONS];
      return { name, command: process.execPath, args, ready: READY, bindAddress: "127.0.0.1" };
    },
    aiortc: namespace.skipped
      ? { name: "aiortc", skipped: namespace.skipped }
      : { name: "aiortc", ...python, namespace: namespace.name, bindAddress: NAMESPACE_ADDRESS },
    bareLoop: {
      name: "node-datachannel and Opus, bare loop",
      command: process.execPath,
      args: [path("peers/bare-loop.mjs")],
      ready: READY,
      bindAddress: "127.0.0.1",
    },
    remove() {
      namespace.remove?.();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
