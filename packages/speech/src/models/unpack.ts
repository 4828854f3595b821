import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

const blockLength = 512;

/**
 * Writes some files of an npm archive (gzip around ustar) into a folder.
 *
 * @param files where to put which: path in the archive → name in the folder
 * @returns the archive's SHA-512 as npm writes it, and the paths that were found. Nothing of it may be used before the digest was compared.
 * @throws what `zlib` and the file system throw; `Error` when the archive ends within a file
 */
export async function unpack(
  archive: string,
  files: ReadonlyMap<string, string>,
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly integrity: string; readonly found: ReadonlySet<string> }> {
  const hash = createHash("sha512");
  const found = new Set<string>();
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const write = (chunks: AsyncIterable<Buffer>): Promise<void> => readTar(chunks, files, folder, found);
  await pipeline(createReadStream(archive), hashing, createGunzip(), write, { ...(signal !== undefined && { signal }) });
  return { integrity: `sha512-${hash.digest("base64")}`, found };
}

async function readTar(
  chunks: AsyncIterable<Buffer>,
  files: ReadonlyMap<string, string>,
  folder: string,
  found: Set<string>,
): Promise<void> {
  let held: Buffer = Buffer.alloc(0);
  /** Bytes of the entry that are still to come, its padding apart. */
  let left = 0;
  let padding = 0;
  let target: FileHandle | undefined;
  const take = async (): Promise<boolean> => {
    if (left > 0) {
      const part = held.subarray(0, left);
      await target?.writeFile(part);
      left -= part.length;
      held = held.subarray(part.length);
      return left === 0;
    }
    if (held.length < padding) return false;
    held = held.subarray(padding);
    padding = 0;
    await target?.close();
    target = undefined;
    if (held.length < blockLength) return false;
    const { path, size } = headerOf(held);
    held = held.subarray(blockLength);
    left = size;
    padding = (blockLength - (size % blockLength)) % blockLength;
    const name = files.get(path);
    if (name === undefined) return true;
    target = await open(join(folder, name), "w");
    found.add(path);
    return true;
  };
  try {
    for await (const chunk of chunks) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      while (await take());
    }
  } finally {
    await target?.close();
  }
  if (left > 0) throw new Error("the archive ends within a file");
}

/** Name at 0, size in octal at 124, prefix of long names at 345 (POSIX ustar). An archive's end is a header of zeros. */
function headerOf(block: Buffer): { readonly path: string; readonly size: number } {
  const text = (from: number, length: number): string => block.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const prefix = text(345, 155);
  const size = Number.parseInt(text(124, 12).trim() || "0", 8);
  return { path: (prefix === "" ? "" : `${prefix}/`) + text(0, 100), size: Number.isFinite(size) ? size : 0 };
}
