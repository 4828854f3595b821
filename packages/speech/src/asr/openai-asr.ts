import {
  type AudioFrame,
  audio,
  defineNode,
  durationUs,
  errorFrom,
  Flags,
  type NodeContext,
  type NodeExecutor,
  type Output,
  type ParamsOf,
  type RemoteMediaError,
  type TextFrame,
  text,
  textFrame,
} from "@remotemedia/core";
import { wavHeader } from "@remotemedia/nodes";
import { OpenAiClient } from "../openai/openai-client.ts";
import { garbled } from "../openai/server-error.ts";
import { baseUrl, serverParams } from "../openai/server-params.ts";

const sampleRate = 16_000;
/** Ten minutes are 19 MB; servers take 25. What a segment has beyond them is not recognized. */
const mostSamples = 600 * sampleRate;
const mostAnswerBytes = 1024 * 1024;

const params = {
  type: "object",
  additionalProperties: false,
  properties: {
    base_url: { ...baseUrl, default: "https://api.openai.com/v1" },
    model: { type: "string", default: "whisper-1", description: "The model's name as the server knows it." },
    ...serverParams,
    language: { type: "string", pattern: "^[a-z]{2,3}$", description: "What is spoken, such as en. Default: the server finds out." },
    prompt: { type: "string", description: "Names and words that are likely to come, for the model." },
  },
} as const;

/**
 * Recognizes speech by any OpenAI-compatible server. Give it segments (`vad segments=true`): for each it gives one `final` text with the
 * time of the speech, also where nothing was recognized or the server failed ("", and the error is reported). Live, audio is taken while
 * the server works.
 *
 * @example openaiAsr({ baseUrl: "http://127.0.0.1:8000/v1", model: "whisper-tiny" })
 */
export const openaiAsr = defineNode({
  type: "openai-asr",
  description: "Recognizes segments of speech by an OpenAI-compatible server.",
  inputs: { in: audio({ format: "s16", sampleRate, numberOfChannels: 1 }) },
  outputs: { out: text() },
  requires: ["net"],
  params,
  create: (given) => new OpenAiAsr(given),
});

/** Speech whose text is wanted. */
interface Segment {
  readonly first: Pick<AudioFrame, "timestamp" | "stream" | "metadata">;
  readonly parts: Int16Array<ArrayBuffer>[];
  samples: number;
}

interface Recognized {
  readonly frame: TextFrame;
  readonly failure?: RemoteMediaError;
}

class OpenAiAsr implements NodeExecutor<AudioFrame> {
  readonly #params: ParamsOf<typeof params>;
  readonly #stopped = new AbortController();
  #context: NodeContext | undefined;
  #client: OpenAiClient | undefined;
  #voice: Output | undefined;
  #segment: Segment | undefined;
  /** The texts before: they come in the order of the speech. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(given: ParamsOf<typeof params>) {
    this.#params = given;
  }

  start(context: NodeContext): void {
    this.#context = context;
    this.#client = new OpenAiClient(this.#params, context.clock);
  }

  produce(out: Output): void {
    this.#voice = out;
  }

  process(frame: AudioFrame, _port: string, out: Output): void | Promise<void> {
    this.#take(frame);
    const isEnd = (frame.flags & Flags.end) !== 0;
    // A live input that waited for the server would lose what is said meanwhile.
    if (isEnd && this.#context?.mode === "live") void this.#later();
    else if (isEnd) return this.flush(out);
  }

  async flush(out: Output): Promise<void> {
    await this.#before;
    const { frame, failure } = (await this.#recognized(out.signal)) ?? {};
    if (frame !== undefined) await out.emit("out", frame);
    if (failure !== undefined) throw failure;
  }

  stop(): void {
    this.#stopped.abort();
  }

  #take(frame: AudioFrame): void {
    const { timestamp, stream, metadata } = frame;
    this.#segment ??= { first: { timestamp, stream, metadata }, parts: [], samples: 0 };
    if (this.#segment.samples >= mostSamples) return;
    this.#segment.parts.push(Int16Array.from(frame.data));
    this.#segment.samples += frame.numberOfFrames;
  }

  async #later(): Promise<void> {
    const [before, now] = [this.#before, this.#recognized(this.#stopped.signal)];
    this.#before = Promise.all([before, now]);
    await before;
    const { frame, failure } = (await now) ?? {};
    if (this.#stopped.signal.aborted || frame === undefined) return;
    void this.#voice?.emit("out", frame);
    if (failure !== undefined) this.#context?.report(failure);
  }

  /** The text of the segment that has ended, if there is one. Never fails. */
  async #recognized(signal: AbortSignal): Promise<Recognized | undefined> {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment === undefined) return undefined;
    const init = { ...segment.first, duration: durationUs(segment.samples, sampleRate) };
    try {
      return { frame: textFrame(await this.#transcribe(segment, signal), init) };
    } catch (thrown) {
      return { frame: textFrame("", init), failure: errorFrom(thrown, "node-failed") };
    }
  }

  async #transcribe({ parts, samples }: Segment, signal: AbortSignal): Promise<string> {
    const client = this.#client as OpenAiClient;
    const { model, language, prompt, timeoutMs } = this.#params;
    const header = wavHeader({ encoding: "s16", sampleRate, numberOfChannels: 1 }, 2 * samples);
    const form = new FormData();
    form.append("file", new Blob([header as Uint8Array<ArrayBuffer>, ...parts], { type: "audio/wav" }), "speech.wav");
    form.append("response_format", "json");
    for (const [name, value] of Object.entries({ model, language, prompt })) if (value !== undefined) form.append(name, value);
    using patience = client.patience(timeoutMs, signal);
    const { bytes } = await client.ask({ path: "audio/transcriptions", body: form, patience, mostBytes: mostAnswerBytes });
    const decoder = new TextDecoder();
    let json = "";
    for await (const chunk of bytes) json += decoder.decode(chunk, { stream: true });
    return textIn(json) ?? raise(garbled(client.host, "sent no transcript", client.excerpt(json)));
  }
}

function textIn(json: string): string | undefined {
  try {
    const { text } = JSON.parse(json) as { text?: unknown };
    return typeof text === "string" ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}

function raise(error: RemoteMediaError): never {
  throw error;
}
