import { type FileHandle, open } from "node:fs/promises";
import { readWavHeader, type WavHeader } from "../io/wav-reader.ts";
import { ioError } from "./io-error.ts";

/** A WAV file that is open, and its header. Whoever gets it closes the handle. */
export interface OpenWav {
  readonly handle: FileHandle;
  readonly header: WavHeader;
}

/**
 * Opens a WAV file and reads its header.
 *
 * @throws `io-failed` that names the path, `media-invalid` when it is no PCM in a WAV file.
 */
export async function openWav(path: string): Promise<OpenWav> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const status = await handle.stat();
    if (status.isDirectory()) throw Object.assign(new Error("EISDIR"), { code: "EISDIR" });
    return { handle, header: await readWavHeader(sourceOf(handle, path, status.size)) };
  } catch (thrown) {
    await handle?.close();
    throw ioError(thrown, "read", path);
  }
}

const sourceOf = (handle: FileHandle, name: string, byteLength: number) => ({
  name,
  byteLength,
  async read(offset: number, length: number) {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  },
});
