import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "..");

const undocumentedIn = (entrance: string, folder: string, options: ts.CompilerOptions): readonly string[] => {
  const program = ts.createProgram([entrance], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entrance);
  const frontDoor = source && checker.getSymbolAtLocation(source);
  if (!frontDoor) return [];
  return checker.getExportsOfModule(frontDoor).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (symbol.getDocumentationComment(checker).length > 0) return [];
    const file = symbol.declarations?.[0]?.getSourceFile().fileName;
    // A name that is passed on from another package is documented, and tested, there.
    if (file !== undefined && relative(folder, file).startsWith("..")) return [];
    return [`${exported.name} (${file === undefined ? "cannot be resolved" : relative(repository, file)})`];
  });
};

const optionsOf = (folder: string): ts.CompilerOptions => {
  const read = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(read.config, ts.sys, folder).options;
};

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly "@remotemedia/source": string }>>;
}

/** The entrances for users; `./internal` is for authors of libraries. */
const entrancesOf = (name: string): readonly string[] => {
  const folder = join(repository, "packages", name);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  return Object.entries(exports)
    .filter(([path]) => path !== "./internal")
    .map(([, target]) => join(folder, target["@remotemedia/source"]));
};

describe("every name that a front door exports carries a doc comment", () => {
  it.each(["core", "protocol", "codecs", "kernels", "nodes", "python", "speech", "transport-webrtc", "server", "remotemedia"])(
    "%s",
    { timeout: 60_000 },
    (name) => {
      const options = { ...optionsOf(join(repository, "packages", name)), types: ["node"] };
      for (const entrance of entrancesOf(name)) {
        expect(existsSync(entrance), entrance).toBe(true);
        expect(undocumentedIn(entrance, join(repository, "packages", name), options)).toEqual([]);
      }
    },
  );

  it("and one without is found", () => {
    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    mkdirSync(join(folder, "src"));
    const entrance = join(folder, "src/index.ts");
    writeFileSync(entrance, "/** Says what it is. */\nexport const told = 1;\nexport const silent = 2;\n");
    const found = undocumentedIn(entrance, folder, {});
    rmSync(folder, { recursive: true });
    expect(found).toEqual([expect.stringMatching(/^silent /)]);
  });
});
