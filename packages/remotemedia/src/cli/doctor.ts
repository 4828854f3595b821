import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodejsHost } from "../nodejs-host.ts";
import { version } from "../version.ts";
import { defineCommand } from "./command.ts";
import { printLine } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** One thing that was looked at. */
interface Finding {
  readonly check: string;
  /** `missing`: something works less well; `broken`: nothing works. */
  readonly status: "ok" | "missing" | "broken";
  readonly found: string;
  /** What that means, and what to do. */
  readonly advice?: string;
}

/** `remotemedia doctor` */
export const doctor = defineCommand({
  usage: "[options]",
  description: "Looks whether this machine has what RemoteMedia needs, and says what anything that is missing means.",
  operands: [0, 0],
  options: {},
  examples: ["remotemedia doctor", "remotemedia doctor --json"],
  async run({ options }) {
    const findings = [
      nodejs(),
      await kernels(),
      builtInNodes(),
      temporaryFolder(),
      ...Object.entries(optionalPackages).map(optionalPackage),
      ...(await python()),
    ];
    const isBroken = findings.some(({ status }) => status === "broken");
    printLine(options.json === true ? JSON.stringify({ version, status: isBroken ? "broken" : "ok", findings }) : describe(findings));
    return isBroken ? 1 : 0;
  },
});

const marks = { ok: "✓", missing: "–", broken: "✗" } as const;

const describe = (findings: readonly Finding[]): string =>
  `remotemedia ${version}\n${textTable(findings.map(({ check, status, found, advice = "" }) => [marks[status], check, found, advice]))}`;

function nodejs(): Finding {
  const found = `${process.version}, ${process.platform} ${process.arch}`;
  const isNewEnough = Number(process.versions.node.split(".")[0]) >= 20;
  return isNewEnough
    ? { check: "Node.js", status: "ok", found }
    : { check: "Node.js", status: "broken", found, advice: "Version 20 or newer is needed." };
}

async function kernels(): Promise<Finding> {
  const { wasm } = await nodejsHost.kernels();
  if (wasm !== undefined) return { check: "kernels", status: "ok", found: "WebAssembly with SIMD" };
  const advice = "This engine has no WebAssembly SIMD: audio is several times slower, with the same results.";
  return { check: "kernels", status: "missing", found: "plain JavaScript", advice };
}

const builtInNodes = (): Finding => ({
  check: "nodes",
  status: "ok",
  found: `${[...nodejsHost.registry].length} types (remotemedia nodes list)`,
});

function temporaryFolder(): Finding {
  const check = "temporary folder";
  try {
    const folder = mkdtempSync(join(tmpdir(), "remotemedia-"));
    writeFileSync(join(folder, "probe"), "");
    rmSync(folder, { recursive: true });
    return { check, status: "ok", found: tmpdir() };
  } catch (thrown) {
    return { check, status: "missing", found: String(thrown), advice: "WAV from standard input needs one: set TMPDIR." };
  }
}

/** What Python nodes find here, if their package is there. */
async function python(): Promise<readonly Finding[]> {
  const installed = await import("@remotemedia/python").catch(() => undefined);
  const findings = (await installed?.describePython()) ?? [];
  return findings.map(({ isThere, ...finding }) => ({ ...finding, status: isThere ? "ok" : "missing" }));
}

// What each package of nodes gives, so that its absence can be explained.
const optionalPackages = {
  "@remotemedia/speech": "speech recognition, synthesis and turn-taking",
  "@remotemedia/python": "nodes that are written in Python",
  "@remotemedia/codecs": "compressed audio: MP3, FLAC, Ogg, Opus",
} as const;

function optionalPackage([name, gives]: readonly [string, string]): Finding {
  try {
    return { check: name, status: "ok", found: import.meta.resolve(name) && "installed" };
  } catch {
    return { check: name, status: "missing", found: "not installed", advice: `Without it: no ${gives}.` };
  }
}
