import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errors } from "@remotemedia/core";

let spooled: string | undefined;

const blockBytes = 64 * 1024;
const mostBytes = 4 * 1024 ** 3;

/** Standard input as a file, for formats that are not read from front to back. Read once; removed when the process ends. */
export function standardInputAsFile(): string {
  spooled ??= spool();
  return spooled;
}

function spool(): string {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "standard-input");
  const file = openSync(path, "w");
  try {
    copyTo(file);
  } finally {
    closeSync(file);
  }
  return path;
}

function copyTo(file: number): void {
  const block = Buffer.alloc(blockBytes);
  let total = 0;
  for (let length = readBlock(block); length > 0; length = readBlock(block)) {
    total += length;
    if (total > mostBytes) throw errors.limitExceeded({ message: "standard input is longer than 4 GiB", fix: "Give it as a file." });
    writeSync(file, block, 0, length);
  }
}

/** A terminal or a pipe may have nothing yet (EAGAIN): waiting by asking again is what a synchronous read can do. */
function readBlock(block: Buffer): number {
  for (;;) {
    try {
      return readSync(0, block);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw errors.ioFailed({ message: "cannot read standard input", cause: thrown });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
