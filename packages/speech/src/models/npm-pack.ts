import { spawn } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** What fetching reports while it goes on. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that have arrived. */
  readonly onBytes?: (bytes: number) => void;
}

/** Fetches `NAME@VERSION` into a folder that is there, and gives the path of its archive. */
export type FetchPackage = (spec: string, folder: string, options: FetchOptions) => Promise<string>;

const pollMs = 200;

/**
 * Fetches a package as `npm pack` does: with the registry, proxy and credentials of the user's own npm. It runs in that folder, so the caller's folder plays
 * no part; with a cache of its own there, which shows how far it is and leaves nothing behind in the user's; and with one retry, so that whoever has no network
 * is told within seconds.
 *
 * @throws `Error` with what npm said last; the signal's reason when it aborts
 */
export const npmPack: FetchPackage = async (spec, folder, { signal, onBytes }) => {
  const cache = join(folder, "npm-cache");
  await mkdir(cache, { recursive: true });
  const poll = setInterval(async () => onBytes?.(await sizeOf(cache)), pollMs);
  try {
    await npm(["pack", spec, "--cache", cache, "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"], folder, signal);
  } finally {
    clearInterval(poll);
    await rm(cache, { recursive: true, force: true });
  }
  const archive = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error("npm pack wrote no archive");
  return join(folder, archive);
};

function npm(argv: readonly string[], cwd: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    // On Windows npm is a script of the shell; none of these arguments comes from outside.
    const options = { cwd, shell: process.platform === "win32", stdio: ["ignore", "ignore", "pipe"] as ["ignore", "ignore", "pipe"] };
    const child = spawn("npm", argv, { ...options, ...(signal !== undefined && { signal }) });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-4_000)));
    child.on("error", (error) => reject(signal?.aborted ? signal.reason : error));
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(reasonIn(said) ?? `npm ended with ${code}`))));
  });
}

/** The first thing that npm names as an error, without its prefix. */
function reasonIn(said: string): string | undefined {
  const lines = said.split("\n").filter((line) => /^npm (error|ERR!)/.test(line) && !/complete log|^npm (error|ERR!)\s*$/.test(line));
  const plain = lines.map((line) => line.replace(/^npm (error|ERR!) ?/, "").trim());
  return plain.length === 0 ? undefined : plain.slice(0, 3).join("; ");
}

/** Bytes of all files below a folder; what vanishes meanwhile does not count. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) => stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 })));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}
