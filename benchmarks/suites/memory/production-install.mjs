import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = fileURLToPath(new URL("../../../packages/", import.meta.url));
const NAMES = ["core", "kernels", "nodes", "remotemedia"];

/** Packs what `remotemedia` depends on, installs the tarballs as a user would, and adds up what lies on the disk. */
export function productionInstall() {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-install-"));
  try {
    const tarballs = NAMES.map((name) => pack(join(PACKAGES, name), folder));
    const home = join(folder, "home");
    mkdirSync(home);
    writeFileSync(join(home, "package.json"), JSON.stringify({ name: "measured", private: true }));
    npm(["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", ...tarballs], home);
    const modules = join(home, "node_modules");
    return { bytes: sizeOf(modules), packages: countPackages(modules) };
  } catch (error) {
    return { skipped: error.message };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pack(source, destination) {
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", destination], source));
  return join(destination, filename);
}

function npm(args, cwd) {
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args[0]} failed: ${stderr.trim().split("\n").at(-1)}`);
  return stdout;
}

function sizeOf(path) {
  const entry = lstatSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function countPackages(modules) {
  const names = readdirSync(modules).filter((name) => !name.startsWith("."));
  return names.reduce((sum, name) => sum + (name.startsWith("@") ? readdirSync(join(modules, name)).length : 1), 0);
}
