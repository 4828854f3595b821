import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasModels } from "../packages/speech/test/installed-models.ts";

const repository = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(repository, path), "utf8");

/** README.md and every page under docs/. */
const pages = [
  "README.md",
  ...readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join("docs", path)),
].filter((path) => existsSync(join(repository, path)));

interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: "ts" | "js" | "sh";
  readonly code: string;
  readonly needsModels: boolean;
}

/** The fenced blocks that follow `<!-- run -->`, or `<!-- run with models -->`: those of the voice agent. */
const runnableBlocks = (page: string, text: string): readonly Block[] =>
  [...text.matchAll(/<!-- run( with models)? -->\s*\n```(ts|js|sh)\n([\s\S]*?)\n```/g)].map(
    ({ 1: models, 2: language, 3: code, index }) => ({
      page,
      line: text.slice(0, index).split("\n").length + 1,
      language: language as Block["language"],
      code: code ?? "",
      needsModels: models !== undefined,
    }),
  );

/** Relative links to what does not exist. Code blocks are left out: what stands in brackets there is not a link. */
const brokenLinks = (page: string, text: string): readonly string[] =>
  [...text.replace(/```[\s\S]*?```/g, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .filter((target) => !existsSync(join(repository, dirname(page), target.replace(/#.*$/, ""))));

/** One second of a 440 Hz tone, mono, 16 kHz, as a WAV: the `in.wav` that documentation speaks of. */
const tone = (): Buffer => {
  const samples = Int16Array.from({ length: 16_000 }, (_, i) => 8_000 * Math.sin((2 * Math.PI * 440 * i) / 16_000));
  const header = Buffer.alloc(44);
  header.write("RIFF");
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
};

/** Runs a block as a reader would, in their folder: scripts as a module of their own, shell lines with the workspace's commands. */
const run = ({ language, code }: Block, folder: string) => {
  if (language === "sh") {
    const path = `${join(repository, "node_modules/.bin")}:${process.env.PATH}`;
    return spawnSync("bash", ["-euo", "pipefail", "-c", code], { cwd: folder, encoding: "utf8", env: { ...process.env, PATH: path } });
  }
  const file = join(folder, "block.mjs");
  writeFileSync(file, transformSync(code, { loader: "ts", format: "esm", target: "es2023" }).code);
  return spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
};

describe("the documentation", () => {
  it("shows the two commands that a newcomer runs", () => {
    expect(pages).toContain("README.md");
    expect(read("README.md")).toContain("npm ci && npm test");
    expect(read("README.md")).toContain("npm ci && npm run demo");
  });

  it.each(pages)("%s links to what exists", (page) => {
    expect(brokenLinks(page, read(page))).toEqual([]);
  });

  it("is searched for broken links and runnable blocks in a way that finds them", () => {
    expect(brokenLinks("docs/page.md", "[a](../README.nothing) [b](https://x.example) [c](#part)")).toEqual(["../README.nothing"]);
    const [block, ...others] = runnableBlocks("page", "Text\n\n<!-- run -->\n```sh\nexit 3\n```\n\n```sh\nnever\n```\n");
    expect(block).toEqual({ page: "page", line: 4, language: "sh", code: "exit 3", needsModels: false });
    expect(others).toEqual([]);
    expect(block && run(block, tmpdir()).status).toBe(3);
  });

  describe("runs as it is written", () => {
    let folder = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "readme-"));
      symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      writeFileSync(join(folder, "in.wav"), tone());
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    const blocks = pages.flatMap((page) => runnableBlocks(page, read(page)));
    it("has something to run", () => {
      expect(blocks.map(({ page }) => page)).toContain("README.md");
    });
    // In the order of the page and in one folder: a later block may read what an earlier one wrote.
    it.for(blocks)("$page:$line ($language)", async (block, { skip }) => {
      skip(block.needsModels && !(await hasModels("silero-vad", "moonshine-tiny", "flite")), "the models are not installed");
      const { status, stdout, stderr } = run(block, folder);
      expect(status, `${stdout}\n${stderr}`).toBe(0);
    });
  });
});
