import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errors } from "@remotemedia/core";

const mostBytes = 4 * 1024 ** 3;

let spooled: Promise<string> | undefined;

/** Standard input as a file, for formats that are not read from front to back. Read once; removed when the process ends. */
export function standardInputAsFile(signal: AbortSignal | undefined): Promise<string> {
  spooled ??= spool(signal);
  return spooled;
}

async function spool(signal: AbortSignal | undefined): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "standard-input");
  await pipeline(process.stdin, limited, createWriteStream(path), signal === undefined ? {} : { signal });
  return path;
}

async function* limited(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > mostBytes) throw errors.limitExceeded({ message: "standard input is longer than 4 GiB", fix: "Give it as a file." });
    yield chunk;
  }
}
