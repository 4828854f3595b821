import {
  type AudioFrame,
  audio,
  type BinaryFrame,
  binary,
  defineNode,
  type EventFrame,
  errors,
  event,
  type JsonFrame,
  type JsonValue,
  json,
  type MediaFormat,
  type NodeContext,
  type NodeExecutor,
  type TextFrame,
  text,
} from "@remotemedia/core";
import { createPcmEncoder, type PcmEncoder, type WrittenEncoding } from "../io/pcm.ts";
import { AppendingFile } from "./appending-file.ts";
import { WavFile } from "./wav-file.ts";

/**
 * Writes a file: audio as WAV, bytes as they are, and text, JSON and events line by line. In a `.jsonl` file every line is a JSON object or
 * value; elsewhere text is written bare, and only when it is final. Audio goes on where it ended: gaps in time are not filled.
 */
export const fileSink = defineNode({
  type: "file-sink",
  description: "Writes a file: audio as WAV, text, JSON and events as lines, bytes as they are.",
  inputs: { in: [audio(), text(), json(), event(), binary()] },
  requires: ["fs"],
  params: {
    type: "object",
    additionalProperties: false,
    required: ["path"],
    properties: {
      path: { type: "string", minLength: 1, description: "The file. It is made or emptied; its folder must be there." },
      format: {
        type: "string",
        enum: ["u8", "s16", "s24", "s32", "f32"],
        default: "s16",
        description: "How samples are stored: integers of 8 to 32 bit, or floats.",
      },
    },
  },
  create: ({ path, format }) => new FileSink(path, format),
});

type Lines = TextFrame | JsonFrame | EventFrame;

class FileSink implements NodeExecutor {
  readonly #path: string;
  readonly #encoding: WrittenEncoding;
  #context: NodeContext | undefined;
  #file: AppendingFile | undefined;
  #state: "opened" | "emptied" | "refused" = "opened";
  #expected: MediaFormat | undefined;
  #wav: WavFile | undefined;
  #holds: "audio" | "lines" | "bytes" | undefined;
  #invalid = 0;

  constructor(path: string, encoding: WrittenEncoding) {
    this.#path = path;
    this.#encoding = encoding;
  }

  negotiate({ in: input }: Readonly<Record<string, MediaFormat>>): void {
    this.#expected = input;
    if (input?.kind === "audio") this.#mustBeWav();
  }

  async start(context: NodeContext): Promise<void> {
    this.#context = context;
    this.#file = await AppendingFile.create(this.#path);
  }

  process(frame: AudioFrame | BinaryFrame | Lines): void | Promise<void> {
    return this.#state === "emptied" ? this.#take(frame) : this.#empty().then(() => this.#take(frame));
  }

  /** Not before every node has started: only then all files that are being read are known. */
  async #empty(): Promise<void> {
    this.#state = "refused";
    await this.#opened.empty();
    this.#state = "emptied";
  }

  #take(frame: AudioFrame | BinaryFrame | Lines): void | Promise<void> {
    if (frame.kind === "audio") return this.#writeAudio(frame);
    this.#becomes(frame.kind === "binary" ? "bytes" : "lines");
    const bytes = frame.kind === "binary" ? frame.data : this.#lineOf(frame);
    return bytes === undefined ? undefined : this.#write(bytes);
  }

  async stop(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    if (this.#invalid > 0)
      this.#context?.log.warn(`${this.#path}: ${this.#invalid} samples were NaN or infinite; written as 0 and full scale`);
    try {
      if (this.#state === "refused") return;
      if (this.#state === "opened") await file.empty();
      // No audio came: still a WAV file, of no length.
      if (this.#holds === undefined && this.#expected?.kind === "audio") this.#wav = this.#wavFile(file, this.#expected);
      await (this.#wav ?? file).finish();
    } finally {
      await file.close();
    }
  }

  #writeAudio(frame: AudioFrame): void | Promise<void> {
    this.#becomes("audio");
    if (this.#wav === undefined) this.#mustBeWav();
    this.#wav ??= this.#wavFile(this.#opened, frame);
    return this.#wav.append(frame, this.#running.clock.nowUs());
  }

  #wavFile(file: AppendingFile, { sampleRate, numberOfChannels }: Pick<AudioFrame, "sampleRate" | "numberOfChannels">): WavFile {
    const { kernels, clock } = this.#running;
    const encode: PcmEncoder = createPcmEncoder(this.#encoding, kernels, (count) => {
      this.#invalid += count;
    });
    return new WavFile(this.#path, file, { encoding: this.#encoding, sampleRate, numberOfChannels }, encode, clock.nowUs());
  }

  /** Live, lines are written at once: somebody may be reading along, and they are few. */
  #write(bytes: Uint8Array): void | Promise<void> {
    const wait = this.#opened.append(bytes);
    if (this.#running.mode === "batch") return wait;
    return wait === undefined ? this.#opened.flush() : wait.then(() => this.#opened.flush());
  }

  #lineOf(frame: Lines): Uint8Array | undefined {
    const isJsonLines = this.#path.endsWith(".jsonl");
    if (frame.kind === "text" && !isJsonLines) return frame.final ? encoder.encode(`${frame.text}\n`) : undefined;
    return encoder.encode(`${JSON.stringify(recordOf(frame))}\n`);
  }

  /** A WAV file by the name of another format deceives whoever opens it. */
  #mustBeWav(): void {
    const [extension] = /\.(mp3|flac|ogg|oga|opus|m4a|aac|mp4|webm|wma)$/i.exec(this.#path) ?? [];
    if (extension === undefined) return;
    const stem = this.#path.slice(0, -extension.length);
    throw errors.mediaIncompatible({
      message: `${this.#path}: audio is written as WAV`,
      expected: "a name that ends in .wav",
      received: extension,
      fix: `Write ${stem}.wav, then: ffmpeg -i ${stem}.wav ${this.#path}`,
    });
  }

  #becomes(holds: "audio" | "lines" | "bytes"): void {
    this.#holds ??= holds;
    if (this.#holds === holds) return;
    throw errors.mediaIncompatible({
      message: `${this.#path} holds ${this.#holds} already`,
      received: holds,
      fix: "Give each its own file-sink.",
    });
  }

  get #opened(): AppendingFile {
    return this.#file as AppendingFile;
  }

  get #running(): NodeContext {
    return this.#context as NodeContext;
  }
}

const encoder = new TextEncoder();

function recordOf(frame: Lines): JsonValue {
  if (frame.kind === "json") return frame.value;
  const timestamp_us = frame.timestamp;
  return frame.kind === "text"
    ? { text: frame.text, final: frame.final, timestamp_us }
    : { event: frame.name, value: frame.value, timestamp_us };
}
