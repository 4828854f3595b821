import type { FileHandle } from "node:fs/promises";
import {
  audio,
  defineNode,
  durationUs,
  errors,
  Flags,
  type Frame,
  type NodeContext,
  type NodeExecutor,
  type Output,
  type SampleFormat,
} from "@remotemedia/core";
import { createPacer, type Pacer } from "../io/pacer.ts";
import { bytesPerSample, createPcmDecoder, type PcmDecoder, sampleFormatOf } from "../io/pcm.ts";
import { type WavHeader, wavAudioFormat } from "../io/wav-reader.ts";
import { ioError } from "./io-error.ts";
import { noteUse } from "./open-files.ts";
import { openWav } from "./open-wav.ts";

/** Reads a WAV file block by block. Integer samples are given in the format that they have; the executor converts where it is needed. */
export const fileSource = defineNode({
  type: "file-source",
  description: "Reads a WAV file: integers of 8 to 32 bit, floats of 32 or 64 bit, also over 4 GiB.",
  outputs: { out: audio() },
  requires: ["fs"],
  live: ({ pace }) => pace,
  params: {
    type: "object",
    additionalProperties: false,
    required: ["path"],
    properties: {
      path: { type: "string", minLength: 1, description: "The file." },
      pace: { type: "boolean", default: false, description: "Play in real time, as a live source does." },
      loop: { type: "boolean", default: false, description: "Begin again at the end, until the session is closed; time goes on." },
    },
  },
  create: (params) => new FileSource(params),
});

/** ms of a block: many samples per call are cheap, few are early. */
const blockMs = { batch: 500, live: 20 } as const;
/** A read of the file costs about as much as 100 kB of samples. */
const readBytes = 256 * 1024;
/** 64 channels at 768 kHz are not read half a second at a time. */
const mostBlockBytes = 4 * 1024 * 1024;

class FileSource implements NodeExecutor {
  readonly #path: string;
  readonly #pace: boolean;
  readonly #loop: boolean;
  #handle: FileHandle | undefined;
  #unnote: (() => void) | undefined;
  #header: WavHeader | undefined;
  #context: NodeContext | undefined;

  constructor({ path, pace, loop }: { readonly path: string; readonly pace: boolean; readonly loop: boolean }) {
    this.#path = path;
    this.#pace = pace;
    this.#loop = loop;
  }

  async negotiate() {
    const { handle, header } = await openWav(this.#path);
    await handle.close();
    return { out: wavAudioFormat(header) };
  }

  async start(context: NodeContext): Promise<void> {
    this.#context = context;
    const { handle, header } = await openWav(this.#path);
    this.#handle = handle;
    this.#header = header;
    this.#unnote = await noteUse(handle, "read");
    for (const warning of header.warnings) context.log.warn(`${this.#path}: ${warning}`);
  }

  async *produce(out: Output): AsyncGenerator<Frame> {
    const context = this.#context as NodeContext;
    const header = this.#header as WavHeader;
    const pacer = this.#pace ? createPacer(context.clock) : undefined;
    const isLive = this.#pace || context.mode === "live";
    let played = 0;
    do {
      played = yield* this.#read(header, new Blocks(header, isLive), played, pacer, out);
    } while (this.#loop && header.numberOfFrames > 0 && !out.signal.aborted);
  }

  /** The file once; gives how many samples per channel have been played. */
  async *#read(header: WavHeader, blocks: Blocks, played: number, pacer: Pacer | undefined, out: Output): AsyncGenerator<Frame, number> {
    const { numberOfFrames, sampleRate } = header;
    for (let position = 0; position < numberOfFrames; ) {
      const read = await this.#fill(blocks, position);
      for (let done = 0; done < read; ) {
        const count = Math.min(blocks.framesPerBlock, read - done);
        const timestamp = durationUs(played, sampleRate);
        await pacer?.(timestamp, out.signal);
        if (out.signal.aborted) return played;
        yield blocks.frame(done, count, timestamp, position + done === 0 && played > 0 ? Flags.discontinuity : 0, out);
        done += count;
        played += count;
      }
      position += read;
    }
    return played;
  }

  /** Reads as many whole samples as there are; fewer than fit in only at the end. */
  async #fill({ memory, frameBytes }: Blocks, position: number): Promise<number> {
    const { dataOffset, numberOfFrames } = this.#header as WavHeader;
    const wanted = Math.min(memory.byteLength, (numberOfFrames - position) * frameBytes);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await this.#readAt(memory, filled, wanted - filled, dataOffset + position * frameBytes + filled);
      if (bytesRead === 0) throw errors.ioFailed({ message: `${this.#path} has become shorter while it was read` });
      filled += bytesRead;
    }
    return wanted / frameBytes;
  }

  async #readAt(memory: Uint8Array, at: number, length: number, position: number) {
    try {
      return await (this.#handle as FileHandle).read(memory, at, length, position);
    } catch (thrown) {
      throw ioError(thrown, "read", this.#path);
    }
  }

  async stop(): Promise<void> {
    this.#unnote?.();
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** Memory that a part of the file is read into, and the frames that are cut out of it. */
class Blocks {
  readonly framesPerBlock: number;
  readonly frameBytes: number;
  readonly memory: Uint8Array;
  readonly #decode: PcmDecoder;
  readonly #header: WavHeader;
  readonly #format: SampleFormat;

  constructor(header: WavHeader, isLive: boolean) {
    const { encoding, sampleRate, numberOfChannels } = header;
    this.#header = header;
    this.frameBytes = numberOfChannels * bytesPerSample[encoding];
    const frames = Math.round((sampleRate * blockMs[isLive ? "live" : "batch"]) / 1000);
    this.framesPerBlock = Math.max(1, Math.min(frames, Math.floor(mostBlockBytes / this.frameBytes)));
    this.#format = sampleFormatOf(encoding, numberOfChannels);
    const blockBytes = this.framesPerBlock * this.frameBytes;
    const block = new ArrayBuffer(Math.max(1, Math.floor(readBytes / blockBytes)) * blockBytes);
    this.memory = new Uint8Array(block);
    this.#decode = createPcmDecoder(encoding, block);
  }

  frame(from: number, numberOfFrames: number, timestamp: number, flags: number, out: Output): Frame {
    const { numberOfChannels, sampleRate } = this.#header;
    const frame = out.audio({ format: this.#format, numberOfFrames, numberOfChannels, sampleRate, timestamp, flags });
    this.#decode(from * numberOfChannels, numberOfFrames * numberOfChannels, frame.data);
    return frame;
  }
}
