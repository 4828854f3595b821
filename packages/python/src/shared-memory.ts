/**
 * Memory that two processes see: a file in /dev/shm, mapped by koffi (optional: no package of Node.js's own can map memory). Without it, or where the
 * file system is full, frames travel through the socket.
 */
import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync, rmSync } from "node:fs";

const folder = "/dev/shm";

/** A mapped file. The name is gone as soon as the other side has it; the memory goes with the last of both. */
export interface SharedMemory {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly view: DataView;
  /** Removes the name. */
  unlink(): void;
  /** Gives the memory back: nobody may touch `bytes` any more. */
  close(): void;
}

interface Library {
  map(fd: number, size: number): { readonly bytes: Uint8Array; unmap(): void } | undefined;
}

let library: Promise<Library | undefined> | undefined;

/** Whether frames of this host can go through shared memory. */
export const hasSharedMemory = async (): Promise<boolean> => (await load()) !== undefined;

/** New memory of that size, or nothing where there is none to be had. */
export async function createSharedMemory(size: number): Promise<SharedMemory | undefined> {
  const maps = await load();
  if (maps === undefined) return undefined;
  const path = `${folder}/remotemedia-${process.pid}-${randomUUID()}`;
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch {
    return undefined;
  }
  const mapped = maps.map(fd, size);
  closeSync(fd);
  const unlink = (): void => rmSync(path, { force: true });
  if (mapped === undefined) {
    unlink();
    return undefined;
  }
  const { bytes, unmap } = mapped;
  return { path, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), unlink, close: unmap };
}

function load(): Promise<Library | undefined> {
  library ??= process.platform === "linux" ? open().catch(() => undefined) : Promise.resolve(undefined);
  return library;
}

// PROT_READ | PROT_WRITE, MAP_SHARED
const readWrite = 3;
const shared = 1;

// MAP_FAILED is -1, as whatever width koffi reads it.
const isFailed = (address: bigint): boolean => BigInt.asIntN(64, address) === -1n;

async function open(): Promise<Library> {
  const { default: koffi } = await import("koffi");
  const libc = koffi.load("libc.so.6");
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const munmap = libc.func("int munmap(void *, size_t)");
  // A file that is only made longer would end the process with SIGBUS where the file system turns out to be full.
  const allocate = libc.func("int posix_fallocate(int, int64_t, int64_t)");
  return {
    map(fd, size) {
      if (allocate(fd, 0, size) !== 0) return undefined;
      const pointer: unknown = mmap(null, size, readWrite, shared, fd, 0);
      if (isFailed(koffi.address(pointer))) return undefined;
      return { bytes: new Uint8Array(koffi.view(pointer, size)), unmap: () => void munmap(pointer, size) };
    },
  };
}
