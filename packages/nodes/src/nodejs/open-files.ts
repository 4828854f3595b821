import type { FileHandle } from "node:fs/promises";

/** What nodes of this process do with a file. */
export type FileUse = "read" | "written";

/** Files in use, by device and inode: a path may have many names. */
const uses = new Map<string, FileUse[]>();

/** The file behind a handle; undefined for pipes and devices, which many may share. */
async function identityOf(handle: FileHandle): Promise<string | undefined> {
  const status = await handle.stat({ bigint: true });
  return status.isFile() ? `${status.dev}:${status.ino}` : undefined;
}

/**
 * Notes that a file is in use, until what comes back is called.
 *
 * @param mayShare throws when the file must not be in another use
 */
export async function noteUse(handle: FileHandle, use: FileUse, mayShare?: (other: FileUse) => void): Promise<() => void> {
  const file = await identityOf(handle);
  if (file === undefined) return () => undefined;
  // Between the look and the note nobody else may look.
  const others = uses.get(file) ?? [];
  if (others[0] !== undefined) mayShare?.(others[0]);
  uses.set(file, [...others, use]);
  return () => {
    const left = (uses.get(file) ?? []).slice();
    left.splice(left.indexOf(use), 1);
    if (left.length > 0) uses.set(file, left);
    else uses.delete(file);
  };
}
