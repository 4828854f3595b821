import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "..");
const cruiser = join(repository, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}
interface Module {
  readonly source: string;
  readonly dependencies: readonly { readonly resolved: string }[];
}
interface Report {
  readonly modules: readonly Module[];
  readonly summary: { readonly violations: readonly Violation[] };
}

const run = (folder: string, outputType: string) => {
  const argv = [cruiser, "--config", ".dependency-cruiser.cjs", "--output-type", outputType, "packages"];
  return spawnSync(process.execPath, argv, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 });
};
const cruise = (folder: string) => {
  const { modules, summary } = JSON.parse(run(folder, "json").stdout) as Report;
  return { modules, violations: summary.violations };
};

/** A small workspace beside the real rules: `files` are sources by path, each package gets the real manifest. */
const workspace = (files: Readonly<Record<string, string>>): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "layers-")));
  cpSync(join(repository, ".dependency-cruiser.cjs"), join(folder, ".dependency-cruiser.cjs"));
  mkdirSync(join(folder, "node_modules/@remotemedia"), { recursive: true });
  for (const name of ["core", "kernels", "nodes", "remotemedia", "conformance"]) {
    mkdirSync(join(folder, "packages", name), { recursive: true });
    cpSync(join(repository, "packages", name, "package.json"), join(folder, "packages", name, "package.json"));
    const installed = name === "remotemedia" ? name : `@remotemedia/${name}`;
    symlinkSync(join(folder, "packages", name), join(folder, "node_modules", installed));
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

const lawful = {
  "packages/core/src/index.ts": 'export { frame } from "./frame.ts";\n',
  "packages/core/src/frame.ts": "export const frame = 1;\n",
  "packages/kernels/src/index.ts": 'import { frame } from "@remotemedia/core";\nexport const scale = frame;\n',
  "packages/nodes/src/index.ts": 'import type { frame } from "@remotemedia/core";\nexport type Node = typeof frame;\n',
  "packages/nodes/src/index.test.ts": 'import "@remotemedia/conformance";\n',
  "packages/remotemedia/src/index.ts": 'export { scale } from "@remotemedia/kernels";\nexport type { Node } from "@remotemedia/nodes";\n',
  "packages/conformance/src/index.ts": 'import "@remotemedia/core";\n',
};

/** What must not be written where, and the rule that says so. */
const forbidden: readonly (readonly [rule: string, file: string, text: string])[] = [
  ["downward-only-row-0", "packages/core/src/uses-kernels.ts", 'import "@remotemedia/kernels";\n'],
  ["downward-only-row-0", "packages/core/src/uses-a-type-of-nodes.ts", 'export type { Node } from "@remotemedia/nodes";\n'],
  ["downward-only-row-1", "packages/kernels/src/uses-nodes.ts", 'export type { Node } from "@remotemedia/nodes";\n'],
  ["downward-only-row-2", "packages/nodes/src/uses-the-sdk.ts", 'import "remotemedia";\n'],
  ["front-door-only", "packages/nodes/src/reaches-into-core.ts", 'export { frame } from "../../core/src/frame.ts";\n'],
  ["known-package", "packages/newcomer/src/index.ts", 'import "@remotemedia/core";\n'],
  ["conformance-in-tests-only", "packages/nodes/src/tests-in-production.ts", 'import "@remotemedia/conformance";\n'],
  ["conformance-knows-core-only", "packages/conformance/src/knows-kernels.ts", 'import "@remotemedia/kernels";\n'],
  ["core-stands-alone", "packages/core/src/needs-nodejs.ts", 'import "node:path";\n'],
  ["packages-stay-inside", "packages/core/src/reaches-out.ts", 'import "../../../test/aid.ts";\n'],
  ["no-cycle", "packages/core/src/circle-back.ts", 'import "./circle.ts";\n'],
  ["resolvable", "packages/kernels/src/misses.ts", 'import "@remotemedia/nothing";\n'],
  ["used", "packages/core/src/forgotten.ts", "export const forgotten = 1;\n"],
];

describe("the layers of the packages", () => {
  const aids = { "test/aid.ts": "export {};\n", "packages/core/src/circle.ts": 'import "./circle-back.ts";\n' };
  const folders = {
    lawful: workspace(lawful),
    lawless: workspace({ ...lawful, ...aids, ...Object.fromEntries(forbidden.map(([, file, text]) => [file, text])) }),
  };
  afterAll(() => {
    for (const folder of Object.values(folders)) rmSync(folder, { recursive: true });
  });

  it("allow imports downward through front doors", () => {
    expect(cruise(folders.lawful)).toMatchObject({ violations: [] });
  });

  const lawless = cruise(folders.lawless);
  it("are checked by a command that ends with an error", () => {
    expect(run(folders.lawless, "err").status).toBeGreaterThan(0);
  });
  it.each(forbidden)("%s: %s is found", (rule, file) => {
    // A file that nothing uses is the *end* of a broken rule: no front door reaches it.
    const found = lawless.violations.map(({ rule: { name }, from, to }) => [name, name === "used" ? to : from]);
    expect(found).toContainEqual([rule, file]);
  });

  it("hold in this repository, where imports across packages are seen", () => {
    const { modules, violations } = cruise(repository);
    const packageOf = (path: string): string => path.split("/").slice(0, 2).join("/");
    const across = modules.flatMap(({ source, dependencies }) =>
      dependencies.filter(({ resolved }) => resolved.startsWith("packages/") && packageOf(resolved) !== packageOf(source)),
    );
    expect(violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    expect(across.length).toBeGreaterThan(0);
  });
});
