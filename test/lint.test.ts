import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "..");
const biome = join(repository, "node_modules/@biomejs/biome/bin/biome");

const mathRule = "lint/nursery/noJsRestrictedProperties";
const mathPlugin = "plugin";

/** What a source of a package must not say, and the rule that finds it. */
const refused: readonly (readonly [code: string, rule: string])[] = [
  ["export const x = Math.sin(1);", mathRule],
  ["export const x = Math.pow(2, 0.5);", mathRule],
  ["export const x = Math.hypot(3, 4);", mathRule],
  ["export const x = Math.random();", mathRule],
  ["export const x = [1].map(Math.log);", mathRule],
  ["export const { exp } = Math;", mathRule],
  ["export const x = globalThis.Math.tanh(1);", mathPlugin],
  ["export const maths = Math;", mathPlugin],
  ["export const square = (x: number): number => x ** 2;", mathPlugin],
  ["export const decibels = (x: number): number => 10 ** (x / 20);", mathPlugin],
  ["export const semitones = (x: number): number => 2 ** (x / 12);", mathPlugin],
  ["export let x = 3;\nx **= 2;", mathPlugin],
  ["const later = async (): Promise<void> => {};\nexport const f = (): void => {\n  later();\n};", "lint/nursery/noFloatingPromises"],
  ['import zod from "zod";\nexport const x = zod;', "lint/correctness/noUndeclaredDependencies"],
  ["export default 1;", "lint/style/noDefaultExport"],
  ['import { y } from "./other";\nexport const x = y;', "lint/correctness/useImportExtensions"],
  ['import { y } from "./cycle.ts";\nexport const x = y;', "lint/suspicious/noImportCycles"],
  ['import { y } from "./other.ts";\nexport const x = 1;', "lint/correctness/noUnusedImports"],
];
const allowed = `export const x = Math.sqrt(Math.abs(2)) * Math.PI + Math.max(1, 2 ** 32) * 2 ** -15 + 1024 ** 3;
export const delayMs = (attempt: number): number => 100 * 2 ** attempt * (2 ** Math.floor(attempt / 2));`;

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[];
}

describe("the linter", () => {
  const folder = mkdtempSync(join(tmpdir(), "lint-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (path: string, text: string): void => writeFileSync(join(folder, "packages/core/src", path), `${text}\n`);
  for (const path of ["biome.json", ".gitignore", "package.json", "scripts/lint", "packages/core/package.json"]) {
    cpSync(join(repository, path), join(folder, path), { recursive: true });
  }
  mkdirSync(join(folder, "packages/core/src"));
  refused.forEach(([code], i) => {
    write(`refused-${i}.ts`, code);
  });
  const cycle = refused.findIndex(([, rule]) => rule.endsWith("noImportCycles"));
  write("cycle.ts", `import { x } from "./refused-${cycle}.ts";\nexport const y = x;`);
  write("other.ts", "export const y = 1;");
  write("allowed.ts", allowed);
  write("kind.test.ts", "export const tone = Math.sin(1) ** 2;");

  const argv = ["lint", "--reporter=json", "--max-diagnostics=none", "packages"];
  const { stdout, status } = spawnSync(process.execPath, [biome, ...argv], { cwd: folder, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as Report;
  const rulesBrokenBy = (file: string): readonly string[] =>
    diagnostics.filter(({ location }) => location.path === `packages/core/src/${file}`).map(({ category }) => category);

  it.each(refused.map(([code, rule], i) => ({ code, rule, file: `refused-${i}.ts` })))("refuses $code ($rule)", ({ rule, file }) => {
    expect(rulesBrokenBy(file)).toContain(rule);
  });
  it("ends with an error", () => {
    expect(status).toBeGreaterThan(0);
  });
  it("allows what every engine computes alike, and any function in tests", () => {
    expect(rulesBrokenBy("allowed.ts")).toEqual([]);
    expect(rulesBrokenBy("kind.test.ts")).toEqual([]);
  });
});
