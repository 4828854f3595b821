import {
  type AudioFrame,
  audio,
  defineNode,
  errorFrom,
  Flags,
  type NodeContext,
  type NodeExecutor,
  type Output,
  type ParamsOf,
  type PlanarFrame,
  type TextFrame,
  text,
  textFrame,
} from "@remotemedia/core";
import { loadRecognizer, type Recognizer } from "./recognizer.ts";
import { Transcription } from "./transcription.ts";

const sampleRate = 16_000;
/** Segments whose finals are being made while audio is taken. */
const mostWaiting = 4;

const params = {
  type: "object",
  additionalProperties: false,
  properties: {
    size: { enum: ["tiny", "base"], default: "tiny", description: "The model: `base` makes fewer errors and takes about twice the time." },
    partial_interval_ms: {
      type: "integer",
      minimum: 0,
      maximum: 10_000,
      default: 400,
      description: "Live, what was said so far is recognized anew after so much more speech, ms; 0 gives only finals.",
    },
    max_speech_ms: {
      type: "integer",
      minimum: 2_000,
      maximum: 30_000,
      default: 12_000,
      description: "Longer speech is recognized in parts, cut at the quietest place; their texts are joined, ms.",
    },
  },
} as const;

/**
 * Recognizes English speech by Moonshine, on this machine. Give it segments (`silero-vad`, or `vad segments=true`); without any, all of its input is one. For each it
 * gives exactly one `final` text ("" where nothing was said) with the time of the speech; live also partials, each the whole text so far. In a pause it recognizes ahead, so
 * that the final is there when the segment ends. Needs the model `moonshine-tiny` or `moonshine-base`, which all sessions of the process share.
 *
 * @example new Pipeline("text").add(fileSource({ path: "call.wav" })).add(sileroVad()).add(moonshineAsr({ size: "base" }))
 */
export const moonshineAsr = defineNode({
  type: "moonshine-asr",
  description: "Recognizes English speech on this machine (Moonshine); partial texts while speech goes on.",
  inputs: { in: audio({ format: "f32-planar", sampleRate, numberOfChannels: 1 }) },
  outputs: { out: text() },
  params,
  create: (given) => new MoonshineAsr(given),
});

class MoonshineAsr implements NodeExecutor<PlanarFrame> {
  readonly #params: ParamsOf<typeof params>;
  readonly #stopped = new AbortController();
  #recognizer: Recognizer | undefined;
  #context: NodeContext | undefined;
  #voice: Output | undefined;
  #current: Transcription | undefined;
  /** Finals come in the order of the speech. */
  #finals: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(given: ParamsOf<typeof params>) {
    this.#params = given;
  }

  async start(context: NodeContext): Promise<void> {
    this.#context = context;
    this.#recognizer = await loadRecognizer(this.#params.size);
  }

  produce(out: Output): void {
    this.#voice = out;
  }

  process(frame: PlanarFrame, _port: string, out: Output): void | Promise<void> {
    const current = (this.#current ??= this.#begin(frame));
    const isFull = current.push(frame);
    const isLive = this.#context?.mode === "live";
    if ((frame.flags & Flags.end) !== 0 || current.isLong) return isLive ? this.#later(current) : this.flush(out);
    if (isFull) return current.partsDone(out.signal);
    const partial = isLive && this.#waiting === 0 ? current.goOn() : undefined;
    return partial === undefined ? undefined : (out.emit("out", frameOf(current, partial, false)) ?? undefined);
  }

  async flush(out: Output): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await this.#finals;
    if (current !== undefined) await this.#finish(current, out, current.finish(out.signal));
  }

  stop(): void {
    this.#stopped.abort();
    this.#current?.cancel();
    this.#current = undefined;
  }

  /** Live, audio is taken while the final is made: a segment that begins at once must not be dropped. Only where many wait the input does. */
  #later(current: Transcription): Promise<void> | undefined {
    const voice = this.#voice as Output;
    this.#current = undefined;
    this.#waiting++;
    const recognized = current.finish(this.#stopped.signal);
    recognized.catch(() => undefined);
    this.#finals = this.#finals
      .then(() => this.#finish(current, voice, recognized))
      .catch((thrown: unknown) => this.#context?.report(thrown))
      .finally(() => this.#waiting--);
    return this.#waiting > mostWaiting ? this.#finals : undefined;
  }

  async #finish(current: Transcription, out: Output, recognized: Promise<string>): Promise<void> {
    try {
      const said = await recognized;
      if (!this.#stopped.signal.aborted) await out.emit("out", frameOf(current, said, true));
    } catch (thrown) {
      if (out.signal.aborted || this.#stopped.signal.aborted) return;
      // Whoever waits for this segment's text must not wait for ever.
      await out.emit("out", frameOf(current, "", true));
      throw errorFrom(thrown, "node-failed");
    } finally {
      current.cancel();
    }
  }

  #begin(first: AudioFrame): Transcription {
    const { partialIntervalMs, maxSpeechMs } = this.#params;
    const recognizer = this.#recognizer as Recognizer;
    const onLost = (cause: unknown): void => this.#context?.log.warn(`${this.#context.nodeId}: a partial text was lost: ${String(cause)}`);
    return new Transcription(first, { recognizer, partialIntervalMs, maxSpeechMs, onLost });
  }
}

const frameOf = ({ utterance: { timestamp, duration, stream, metadata } }: Transcription, recognized: string, final: boolean): TextFrame =>
  textFrame(recognized, { timestamp, duration, stream, metadata, final });
