import { type AudioFrame, errors } from "@remotemedia/core";
import { bytesPerSample, type PcmEncoder } from "../io/pcm.ts";
import { mostWavBytes, type WavLayout, wavHeader, wavHeaderBytes } from "../io/wav-writer.ts";
import type { AppendingFile } from "./appending-file.ts";

const saveEveryUs = 1_000_000;

/**
 * A WAV file that grows. Its header is put right every second and at the end, so that what a crash or a full disk leaves behind can be
 * read.
 */
export class WavFile {
  readonly #path: string;
  readonly #file: AppendingFile;
  readonly #layout: WavLayout;
  readonly #encode: PcmEncoder;
  #savedUs: number;
  #patchedBytes = 0;

  constructor(path: string, file: AppendingFile, layout: WavLayout, encode: PcmEncoder, nowUs: number) {
    this.#path = path;
    this.#file = file;
    this.#layout = layout;
    this.#encode = encode;
    this.#savedUs = nowUs;
    // 44 bytes always fit into an empty buffer.
    void file.append(wavHeader(layout, 0));
  }

  /** Appends a frame; a promise when it had to wait for the disk. */
  append(frame: AudioFrame, nowUs: number): void | Promise<void> {
    const { sampleRate, numberOfChannels } = this.#layout;
    if (frame.sampleRate !== sampleRate || frame.numberOfChannels !== numberOfChannels) {
      throw errors.mediaIncompatible({
        message: `${this.#path} is being written in another format`,
        expected: `${sampleRate} Hz, ${numberOfChannels} channels`,
        received: `${frame.sampleRate} Hz, ${frame.numberOfChannels} channels`,
        fix: "Put `resample` and `remix` before the sink.",
      });
    }
    const bytes = this.#encode(frame);
    if (this.#file.byteLength - wavHeaderBytes + bytes.length > mostWavBytes) {
      throw errors.limitExceeded({
        message: `${this.#path}: a WAV file holds 4 GiB at most`,
        fix: "Write in a smaller format, or to several files.",
      });
    }
    if (nowUs - this.#savedUs < saveEveryUs && this.#file.hasRoom(bytes.length)) return this.#file.append(bytes);
    this.#savedUs = nowUs;
    return this.save().then(() => this.#file.append(bytes));
  }

  /** Writes what is buffered, and the header that says so: also when the disk is full, because overwriting needs no room. */
  async save(): Promise<void> {
    let failure: unknown;
    const note = (thrown: unknown) => {
      failure ??= thrown;
    };
    await this.#file.flush().catch(note);
    await this.#patch().catch(note);
    if (failure !== undefined) throw failure;
  }

  /** Writes the rest. */
  async finish(): Promise<void> {
    await this.save();
    if ((this.#file.byteLength - wavHeaderBytes) % 2 === 0) return;
    await this.#file.append(new Uint8Array(1));
    await this.#file.flush();
  }

  async #patch(): Promise<void> {
    const { encoding, numberOfChannels } = this.#layout;
    const bytes = this.#file.writtenBytes - wavHeaderBytes;
    if (bytes <= this.#patchedBytes) return;
    this.#patchedBytes = bytes;
    await this.#file.patch(wavHeader(this.#layout, bytes - (bytes % (numberOfChannels * bytesPerSample[encoding]))));
  }
}
