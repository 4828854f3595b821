import {
  audio,
  defineNode,
  durationUs,
  type Emission,
  Flags,
  type NodeContext,
  type NodeExecutor,
  type Output,
  type ParamsOf,
  type TextFrame,
  text,
} from "@remotemedia/core";
import { OpenAiClient } from "../openai/openai-client.ts";
import type { Patience } from "../openai/patience.ts";
import { garbled } from "../openai/server-error.ts";
import { baseUrl, serverParams } from "../openai/server-params.ts";
import { AnswerAudio } from "./answer-audio.ts";
import { frameMs } from "./pauses.ts";
import { PcmReader } from "./pcm-reader.ts";
import { SpokenWords } from "./spoken-words.ts";

/** Of one sentence. */
const mostSeconds = 300;

const params = {
  type: "object",
  additionalProperties: false,
  properties: {
    base_url: { ...baseUrl, default: "https://api.openai.com/v1" },
    model: { type: "string", default: "gpt-4o-mini-tts", description: "The model's name as the server knows it." },
    voice: { type: "string", default: "alloy", description: "The voice's name as the server knows it." },
    ...serverParams,
    speed: { type: "number", minimum: 0.25, maximum: 4, description: "2 is twice as fast. Default: the server's." },
    instructions: { type: "string", description: "How to speak, for models that take it." },
    sample_rate: {
      type: "integer",
      minimum: 8_000,
      maximum: 48_000,
      default: 24_000,
      description: "Hz, of the raw samples that the server sends for response_format pcm.",
    },
  },
} as const;

/**
 * Speaks every final text that comes in by any OpenAI-compatible server, in frames of 20 ms as they come; the last frame of an answer has
 * `end` as its last text had. The server must send raw 16-bit samples (`response_format: "pcm"`).
 *
 * @example openaiTts({ baseUrl: "http://127.0.0.1:8880/v1", model: "kokoro", voice: "af_heart" })
 */
export const openaiTts = defineNode({
  type: "openai-tts",
  description: "Speaks text by an OpenAI-compatible server.",
  inputs: { in: text() },
  outputs: { out: audio({ format: "f32-planar", numberOfChannels: 1 }) },
  ports: ({ sampleRate }) => ({ outputs: { out: audio({ format: "f32-planar", sampleRate, numberOfChannels: 1 }) } }),
  answers: true,
  requires: ["net"],
  params,
  create: (given) => new OpenAiTts(given),
});

class OpenAiTts implements NodeExecutor<TextFrame> {
  readonly #params: ParamsOf<typeof params>;
  readonly #answer: AnswerAudio;
  #context: NodeContext | undefined;
  #client: OpenAiClient | undefined;

  constructor(given: ParamsOf<typeof params>) {
    this.#params = given;
    this.#answer = new AnswerAudio(given.sampleRate);
  }

  start(context: NodeContext): void {
    this.#context = context;
    this.#client = new OpenAiClient(this.#params, context.clock);
  }

  async *process(frame: TextFrame, _port: string, out: Output): AsyncGenerator<Emission> {
    const isEnd = (frame.flags & Flags.end) !== 0;
    const sentence = frame.final ? frame.text.trim() : "";
    this.#answer.follow(frame, out);
    try {
      if (sentence !== "") yield* this.#speak(sentence, out);
    } catch (thrown) {
      if (out.signal.aborted) return;
      if (isEnd) yield* this.#answer.end(out);
      throw thrown;
    }
    if (isEnd) yield* this.#answer.end(out);
  }

  async *#speak(sentence: string, out: Output): AsyncGenerator<Emission> {
    const { sampleRate, timeoutMs } = this.#params;
    using patience = (this.#client as OpenAiClient).patience(timeoutMs, out.signal);
    const words = new SpokenWords(sentence, (said) => this.#context?.said(out.turn, said));
    let count = 0;
    for await (const samples of this.#samples(sentence, patience)) {
      count += samples.length;
      words.reach(durationUs(count, sampleRate));
      yield* this.#answer.frames(samples, false, out);
    }
    words.end(durationUs(count, sampleRate));
  }

  /** As they come, in whole frames but the last. While they are used, nobody waits for the server. */
  async *#samples(sentence: string, patience: Patience): AsyncGenerator<Float32Array> {
    const client = this.#client as OpenAiClient;
    const { model, voice, speed, instructions, sampleRate } = this.#params;
    const body = { model, voice, speed, instructions, input: sentence, response_format: "pcm" };
    const { contentType, bytes } = await client.ask({ path: "audio/speech", body, patience, mostBytes: 2 * mostSeconds * sampleRate });
    if (/json|html|mpeg|ogg|wav|flac/.test(contentType)) throw garbled(client.host, "sent no raw samples", contentType.slice(0, 100));
    const pcm = new PcmReader(Math.round((frameMs * sampleRate) / 1000));
    for await (const chunk of bytes) {
      patience.rest();
      const samples = pcm.push(chunk);
      if (samples.length > 0) yield samples;
      patience.restart();
    }
    const rest = pcm.end();
    if (rest.length > 0) yield rest;
    if (pcm.isEmpty) throw garbled(client.host, "sent no sound");
  }
}
