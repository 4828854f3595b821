/** Large frames between a program and its engine go through files: the other end is `clients/python/src/remotemedia/_frame_files.py`. */
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, unlinkSync, writevSync } from "node:fs";
import { basename, join } from "node:path";
import { AudioFrame, type BufferPool, type Frame, type NewAudio, type Output, type SampleArray } from "@remotemedia/core";
import { type FrameBlock, frameOfBlock, writeHead } from "./frame-block.ts";

// From here on. A socket gives 64 KiB at a time and changes the process for each: 3.5 MB take 10 ms, and 1.5 ms as a file, which never reaches the disk.
const leastBytes = 2 ** 18;
let files = 0;

/** One end's view of the folder in which an engine's socket lies. Each file is one block, which its reader removes. */
export class FrameFiles {
  readonly #folder: string;
  readonly #pool: BufferPool;
  #last = "";

  constructor(folder: string, pool: BufferPool) {
    this.#folder = folder;
    this.#pool = pool;
  }

  /** Leaves a block, and gives the name of its file. Undefined for a small one, and where the last still waits: then the socket makes us wait. */
  leave(block: FrameBlock): string | undefined {
    if (block.bytes < leastBytes || existsSync(this.#last)) return undefined;
    const head = new Uint8Array(block.dataAt);
    writeHead(block, head);
    const name = `from-engine-${++files}`;
    this.#last = join(this.#folder, name);
    return isWritten(this.#last, [head, block.parts.data], block.bytes) ? name : undefined;
  }

  /**
   * The frame that the other end left. Plain sound lies in memory of the pool: fresh memory for each would cost more than reading it.
   *
   * @throws what reading throws, and `media-invalid` for what is no frame
   */
  take(name: string): Frame {
    const path = join(this.#folder, basename(name));
    const handle = openSync(path, "r");
    try {
      unlinkSync(path);
      const { size } = fstatSync(handle);
      if (landing.length < size) landing = new Uint8Array(size);
      for (let at = 0, count = -1; at < size && count !== 0; at += count) count = readSync(handle, landing, at, size - at, null);
      return frameOfBlock(new DataView(landing.buffer, 0, size), this).frame;
    } finally {
      if (landing.length > mostLandingBytes) landing = new Uint8Array(0);
      closeSync(handle);
    }
  }

  /** @internal a frame for what is read */
  audio(init: NewAudio): PooledFrame {
    const { format = "f32-planar", numberOfChannels = 1, sampleRate = 0, numberOfFrames } = init;
    const kind = format.startsWith("f32") ? "f32" : format === "s32" ? "s32" : "s16";
    const buffer = this.#pool.acquire(kind, numberOfChannels * numberOfFrames);
    return new AudioFrame({ ...init, format, sampleRate, data: buffer.data as SampleArray }, buffer) as PooledFrame;
  }
}

type PooledFrame = ReturnType<Output["audio"]>;

/** Whether all could be written to a new file. There is none where the disk is full: there is still the socket. */
function isWritten(path: string, parts: readonly Uint8Array[], bytes: number): boolean {
  let written = 0;
  try {
    const handle = openSync(path, "wx", 0o600);
    try {
      written = writevSync(handle, parts);
    } finally {
      closeSync(handle);
    }
  } catch {}
  if (written < bytes) rmSync(path, { force: true });
  return written === bytes;
}

// What is read lands here, and is taken from here before anything else is read. It grows to the largest, up to a size.
const mostLandingBytes = 2 ** 24;
let landing = new Uint8Array(0);
