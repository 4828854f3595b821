// The workspaces as their manifests describe them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./steps.mjs";

/** Every package: its folder (absolute) and its package.json. */
export const packages = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }));

/** The commands of a package: name and absolute path. */
export const commandsOf = ({ folder, manifest: { name, bin = {} } }) =>
  Object.entries(typeof bin === "string" ? { [name.replace(/^.*\//, "")]: bin } : bin).map(([command, file]) => [
    command,
    join(folder, file),
  ]);
