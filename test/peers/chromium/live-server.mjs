// `remotemedia serve` as a process of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const command = join(root, "packages/remotemedia/dist/remotemedia.js");

/** A file with a manifest. */
export function manifestFile(manifest) {
  const file = join(mkdtempSync(join(tmpdir(), "remotemedia-chromium-")), "pipeline.json");
  writeFileSync(file, JSON.stringify({ version: "v1", ...manifest }));
  return file;
}

/** Serves a manifest on a free port of loopback; `stop` ends it and gives its exit code. */
export async function serve(manifest, ...options) {
  const child = spawn(process.execPath, [command, "serve", manifest, "--port", "0", "--log-level", "warn", ...options], { cwd: root });
  let said = "";
  child.stderr.on("data", (bytes) => (said += bytes));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (bytes) => {
      said += bytes;
      const found = /https?:\/\/\S+/.exec(said);
      if (found !== null) resolve(found[0]);
    });
    void exited.then((code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });
  return {
    url,
    get said() {
      return said;
    },
    json: async (path) => (await fetch(new URL(path, url))).json(),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const late = setTimeout(() => child.kill("SIGKILL"), 40_000);
      const code = await exited;
      clearTimeout(late);
      return code;
    },
  };
}
