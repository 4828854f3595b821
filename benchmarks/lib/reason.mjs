import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The line of a program's complaint that a table has room for: its error if it names one, else its last words. No path of this machine. */
export function reasonFrom(complaint, otherwise) {
  const lines = complaint.trim().split("\n");
  const line = lines.find((text) => /^\w*Error/.test(text)) ?? (lines.at(-1) || otherwise);
  return line
    .replace(/ imported from .*/, "")
    .replaceAll(ROOT, "")
    .replaceAll("|", "\\|");
}
