import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { errors } from "@remotemedia/core";
import { ioError } from "./io-error.ts";
import { noteUse } from "./open-files.ts";

/** A system call costs about as much as copying 100 kB. */
const bufferBytes = 256 * 1024;

/** A file that grows at its end through a buffer. What could not be written stays in the buffer, so that a retry does not lose it. */
export class AppendingFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #buffer = new Uint8Array(bufferBytes);
  #pending = 0;
  #unnote: (() => void) | undefined;
  /** Bytes that are in the file. */
  writtenBytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /**
   * Creates the file, or opens the one that is there; `empty` it before anything is appended.
   *
   * @throws `io-failed` that names the path; the folder must be there.
   */
  static async create(path: string): Promise<AppendingFile> {
    try {
      return new AppendingFile(path, await open(path, constants.O_WRONLY | constants.O_CREAT));
    } catch (thrown) {
      throw ioError(thrown, "write", path);
    }
  }

  /**
   * Lets go of what the file held.
   *
   * @throws `usage` when another node reads or writes it: what is not read yet would be lost.
   */
  async empty(): Promise<void> {
    this.#unnote ??= await noteUse(this.#handle, "written", (other) => {
      const message = `${this.#path} is being ${other}${other === "written" ? " by another node" : ""}, and cannot be written at the same time`;
      throw errors.usage({ message, fix: "Write another file." });
    });
    try {
      // Pipes and devices hold nothing.
      if ((await this.#handle.stat()).isFile()) await this.#handle.truncate(0);
    } catch (thrown) {
      throw ioError(thrown, "write", this.#path);
    }
  }

  /** Bytes that were appended. */
  get byteLength(): number {
    return this.writtenBytes + this.#pending;
  }

  /** Whether so many bytes can be appended without writing first. */
  hasRoom(byteLength: number): boolean {
    return this.#pending + byteLength <= this.#buffer.length;
  }

  /** Copies bytes to the end; a promise when the buffer had to be written first. Failed bytes were not appended. */
  append(bytes: Uint8Array): void | Promise<void> {
    if (!this.hasRoom(bytes.length)) return this.flush().then(() => this.#copy(bytes));
    this.#copy(bytes);
  }

  #copy(bytes: Uint8Array): void {
    if (!this.hasRoom(bytes.length)) this.#buffer = new Uint8Array(bytes.length);
    this.#buffer.set(bytes, this.#pending);
    this.#pending += bytes.length;
  }

  /** Writes what is buffered. */
  async flush(): Promise<void> {
    let done = 0;
    try {
      while (done < this.#pending) {
        const { bytesWritten } = await this.#handle.write(this.#buffer, done, this.#pending - done, this.writtenBytes);
        done += bytesWritten;
        this.writtenBytes += bytesWritten;
      }
    } catch (thrown) {
      throw ioError(thrown, "write", this.#path, ` (${this.writtenBytes} bytes are written)`);
    } finally {
      this.#buffer.copyWithin(0, done, this.#pending);
      this.#pending -= done;
    }
  }

  /** Overwrites the beginning. */
  async patch(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.write(bytes, 0, bytes.length, 0);
    } catch (thrown) {
      throw ioError(thrown, "write", this.#path);
    }
  }

  /** Writes the rest. */
  finish(): Promise<void> {
    return this.flush();
  }

  /** Closes the file; what is buffered is written by `flush` only. */
  async close(): Promise<void> {
    this.#unnote?.();
    await this.#handle.close();
  }
}
