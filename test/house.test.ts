import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "..");

const sources = readdirSync(join(repository, "packages")).flatMap((name) =>
  readdirSync(join(repository, "packages", name), { recursive: true, encoding: "utf8" })
    .filter((path) => path.startsWith("src/") && path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => join("packages", name, path)),
);

// A declaration, not an import or export of the name: those have it in braces.
const declaresNodeExecutor =
  /^\s*(export\s+)?(declare\s+)?(abstract\s+)?((interface|class)\s+NodeExecutor\b|type\s+NodeExecutor\b[^,}\n]*=)/m;

describe("the house", () => {
  it("has one node contract: exactly one file declares NodeExecutor", () => {
    const declaring = sources.filter((path) => declaresNodeExecutor.test(readFileSync(join(repository, path), "utf8")));
    expect(declaring).toEqual(["packages/core/src/node/node.ts"]);
  });

  it.each([
    ["export interface NodeExecutor {", true],
    ["type NodeExecutor<P> = object;", true],
    ["export abstract class NodeExecutor {", true],
    ['import { type NodeExecutor, type Port } from "./node.ts";', false],
    ["  type NodeExecutor,\n", false],
    ["export interface NodeExecutorOptions {", false],
  ])("would see a second one: %s", (text, declares) => {
    expect(declaresNodeExecutor.test(text)).toBe(declares);
  });

  it("needs fewer than 15 files for a new error code", { timeout: 300_000 }, () => {
    const output = execFileSync(process.execPath, ["scripts/add-error-code.mjs", "--json"], { cwd: repository, encoding: "utf8" });
    const files = JSON.parse(output) as string[];
    expect(files).toContain("packages/core/src/errors.ts");
    expect(files).toContain("docs/errors.md");
    expect(files.length, files.join("\n")).toBeLessThan(15);
  });

  describe("locks its dependencies", () => {
    interface Locked {
      readonly resolved?: string;
      readonly optionalDependencies?: Readonly<Record<string, string>>;
    }
    const lock = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> };
    const locked = Object.entries(lock.packages);

    it("without naming where they were fetched from", () => {
      expect(locked.filter(([, { resolved = "" }]) => /^https?:/.test(resolved))).toEqual([]);
    });

    it("for every platform: npm ci refuses a lock that lacks an optional dependency, which npm leaves out when it cannot resolve it", () => {
      const missing = locked.flatMap(([path, { optionalDependencies = {} }]) =>
        Object.keys(optionalDependencies).filter(
          (name) => !(`node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages),
        ),
      );
      expect(missing).toEqual([]);
    });
  });
});
