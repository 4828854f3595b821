import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { ioError } from "./io-error.ts";

/** Enough for the disk to be busy while the pipeline works, ½ s of CD audio. */
const bufferBytes = 64 * 1024;

/** A pipe or file that bytes are written to, no faster than it takes them. */
export class ByteStream {
  readonly #stream: Writable;
  readonly #name: string;
  #failure: unknown;

  private constructor(stream: Writable, name: string) {
    this.#stream = stream;
    this.#name = name;
    // A pipe that ends is told by an event; without a listener it would end the process.
    stream.on("error", this.#onError);
  }

  /**
   * Opens a file or named pipe; `-` is standard output.
   *
   * @throws `io-failed` that names the path.
   */
  static async open(path: string): Promise<ByteStream> {
    if (path === "-") return ByteStream.over(process.stdout, "standard output");
    const file = createWriteStream(path, { highWaterMark: bufferBytes });
    const stream = new ByteStream(file, path);
    await once(file, "open").catch(stream.#onError);
    stream.#check();
    return stream;
  }

  /** Writes to a stream that is open. */
  static over(stream: Writable, name: string): ByteStream {
    return new ByteStream(stream, name);
  }

  readonly #onError = (failure: unknown): void => {
    this.#failure ??= failure;
  };

  /** Takes a copy; a promise while the other end is not ready. */
  append(bytes: Uint8Array): void | Promise<void> {
    this.#check();
    if (!this.#stream.write(bytes.slice())) return this.#drained();
  }

  async #drained(): Promise<void> {
    await once(this.#stream, "drain").catch(this.#onError);
    this.#check();
  }

  /** Hands over what is buffered, and closes the file; standard output is not ours and stays open. */
  async close(): Promise<void> {
    const isOurs = this.#stream !== process.stdout;
    if (this.#failure !== undefined && isOurs) this.#stream.destroy();
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => (isOurs ? this.#stream.end(resolve) : this.#stream.write("", () => resolve())));
      this.#check();
    }
    this.#stream.off("error", this.#onError);
  }

  #check(): void {
    if (this.#failure !== undefined) throw ioError(this.#failure, "write", this.#name);
  }
}
