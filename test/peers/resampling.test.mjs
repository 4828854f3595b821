// Our resampler beside libsoxr and FFmpeg's, sample by sample, and that the programs of the benchmarks are there.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const smoke = fileURLToPath(new URL("../../benchmarks/peers-smoke.mjs", import.meta.url));
const { status, stdout, stderr } = spawnSync(process.execPath, [smoke], { encoding: "utf8" });
const parts = [...stdout.matchAll(/^part (\S+) (\w+): (.*)$/gm)].map(([, name, state, reason]) => ({ name, state, reason }));

it("runs", () => {
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.ok(parts.length >= 2, stdout);
});

for (const { name, state, reason } of parts) it(`agrees with ${name}`, () => assert.equal(state, "passed", reason));
