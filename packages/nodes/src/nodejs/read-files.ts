import type { FileHandle } from "node:fs/promises";

/** How many sources of this process read a file, by device and inode: a path may have many names. */
const readers = new Map<string, number>();

const identityOf = async (handle: FileHandle): Promise<string> => {
  const { dev, ino } = await handle.stat({ bigint: true });
  return `${dev}:${ino}`;
};

/** Notes that a file is being read, until what comes back is called. */
export async function noteReader(handle: FileHandle): Promise<() => void> {
  const file = await identityOf(handle);
  readers.set(file, (readers.get(file) ?? 0) + 1);
  return () => {
    const left = (readers.get(file) ?? 0) - 1;
    if (left > 0) readers.set(file, left);
    else readers.delete(file);
  };
}

/** Whether a source of this process reads the file. */
export const isBeingRead = async (handle: FileHandle): Promise<boolean> => readers.size > 0 && readers.has(await identityOf(handle));
