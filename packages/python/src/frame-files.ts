/** Large frames between a program and its engine go through files: the other end is `clients/python/src/remotemedia/_frame_files.py`. */
import { closeSync, existsSync, fstatSync, openSync, readSync, unlinkSync, writevSync } from "node:fs";
import { basename, join } from "node:path";
import { type FrameBlock, writeHead } from "./frame-block.ts";

// From here on. A socket gives 64 KiB at a time and changes the process for each: 3.5 MB take 10 ms, and 1.5 ms as a file, which never reaches the disk.
const leastBytes = 2 ** 18;
let files = 0;

/** One end's view of the folder in which an engine's socket lies. Each file is one block, which its reader removes. */
export class FrameFiles {
  readonly #folder: string;
  #last = "";

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Leaves a block, and gives the name of its file. Undefined for a small one, and where the last still waits: then the socket makes us wait. */
  leave(block: FrameBlock): string | undefined {
    if (block.bytes < leastBytes || existsSync(this.#last)) return undefined;
    const head = new Uint8Array(block.dataAt);
    writeHead(block, head);
    const name = `from-engine-${++files}`;
    this.#last = join(this.#folder, name);
    const handle = openSync(this.#last, "wx", 0o600);
    try {
      if (writevSync(handle, [head, block.parts.data]) === block.bytes) return name;
    } catch {
      // the disk is full: there is still the socket
    } finally {
      closeSync(handle);
    }
    unlinkSync(this.#last);
    return undefined;
  }

  /** The block that the other end left. @throws what reading throws */
  take(name: string): Uint8Array {
    const path = join(this.#folder, basename(name));
    const handle = openSync(path, "r");
    try {
      unlinkSync(path);
      const bytes = Buffer.allocUnsafeSlow(fstatSync(handle).size);
      for (let at = 0; at < bytes.length; ) {
        const count = readSync(handle, bytes, at, bytes.length - at, null);
        if (count === 0) break;
        at += count;
      }
      return bytes;
    } finally {
      closeSync(handle);
    }
  }
}
