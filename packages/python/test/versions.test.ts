import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chdir, cwd } from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { protocolVersion } from "../src/wire.ts";
import { startProcess } from "../src/worker-process.ts";
import { testPython } from "./python.ts";

const sources = fileURLToPath(new URL("../../../clients/python/src/remotemedia/_worker", import.meta.url));
const home = cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "remotemedia-versions-"));
});

afterEach(() => {
  chdir(home);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it("a worker of another version is refused, with what to do", async () => {
  const worker = join(folder, "remotemedia/_worker");
  cpSync(sources, worker, { recursive: true });
  writeFileSync(join(folder, "remotemedia/__init__.py"), "");
  const wire = join(worker, "wire.py");
  writeFileSync(wire, readFileSync(wire, "utf8").replace(/^PROTOCOL = .*$/m, "PROTOCOL = 1000"));
  vi.stubEnv("REMOTEMEDIA_PYTHON_PACKAGE", folder);
  await expect(startProcess({ python: "python3", isJailed: false })).rejects.toMatchObject({
    code: "host-unsupported",
    message: expect.stringMatching(`${folder} does not fit this runtime, which speaks protocol ${protocolVersion}`),
    fix: "Use the runtime and the Python package in the same version.",
  });
});

it("files named like Python's own modules do not keep a worker from starting", async () => {
  for (const name of ["json", "types", "asyncio", "socket", "remotemedia"]) writeFileSync(join(folder, `${name}.py`), "");
  chdir(folder);
  const process = await startProcess({ python: testPython ?? "python3", isJailed: false });
  process.kill();
  expect(process.facts.pid).toBeGreaterThan(0);
});
