import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "..");

const undocumentedIn = (entrance: string, options: ts.CompilerOptions): readonly string[] => {
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
    if (file !== undefined && relative(dirname(dirname(entrance)), file).startsWith("..")) return [];
    return [`${exported.name} (${file === undefined ? "cannot be resolved" : relative(repository, file)})`];
  });
};

const optionsOf = (folder: string): ts.CompilerOptions => {
  const read = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(read.config, ts.sys, folder).options;
};

describe("every name that a front door exports carries a doc comment", () => {
  it.each(["core", "kernels", "nodes", "remotemedia"])("%s", (name) => {
    const folder = join(repository, "packages", name);
    const entrance = join(folder, "src/index.ts");
    expect(existsSync(entrance)).toBe(true);
    expect(undocumentedIn(entrance, optionsOf(folder))).toEqual([]);
  });

  it("and one without is found", () => {
    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    mkdirSync(join(folder, "src"));
    const entrance = join(folder, "src/index.ts");
    writeFileSync(entrance, "/** Says what it is. */\nexport const told = 1;\nexport const silent = 2;\n");
    const found = undocumentedIn(entrance, {});
    rmSync(folder, { recursive: true });
    expect(found).toEqual([expect.stringMatching(/^silent /)]);
  });
});
