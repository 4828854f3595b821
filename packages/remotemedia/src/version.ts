import { readFileSync } from "node:fs";

/** The version of the package; its manifest lies beside `dist`. */
export const version: string = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
