import { spawn } from "node:child_process";
import { expect, it } from "vitest";

const front = new URL("../dist/index.js", import.meta.url).href;

/** Runs a script until it has written a line to standard error, and ends it; also when it never writes one, for it loops for ever. */
function firstComplaint(script: string): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => child.kill("SIGKILL"), 25_000);
    let text = "";
    child.stderr.on("data", (bytes) => {
      text += bytes;
      if (text.includes("\n")) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("exit", () => {
      clearTimeout(limit);
      resolve(text);
    });
  });
}

it.each(["live", "batch"])("a node that loops for ever is named, %s", async (mode) => {
  const run = mode === "live" ? "const s = await p.open(); s.push(1); setTimeout(() => s.push(2), 50);" : "await p.run(slowly());";
  const complaint = await firstComplaint(`
    import { Pipeline } from ${JSON.stringify(front)};
    async function* slowly() { yield 1; await new Promise((r) => setTimeout(r, 400)); yield 2; }
    const p = new Pipeline("stuck").map((frame) => frame, "fine").map((frame) => { while (frame.value === 2); return frame; }, "spinner");
    ${run}
  `);
  expect(complaint).toMatch(/node "spinner" has held the event loop for \d+ s/);
});
