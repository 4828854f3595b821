import {
  audio,
  defineNode,
  durationUs,
  type Emission,
  errors,
  Flags,
  type NodeContext,
  type NodeExecutor,
  type NodeFactory,
  type Output,
  type ParamsInput,
  type ParamsOf,
  type TextFrame,
  text,
} from "@remotemedia/core";
import { AnswerAudio } from "./answer-audio.ts";
import { type Flite, loadFlite } from "./flite.ts";
import { fliteSampleRate, fliteVoices } from "./flite-program.ts";
import { spokenParts } from "./spoken-parts.ts";

const params = {
  type: "object",
  additionalProperties: false,
  properties: {
    voice: {
      type: "string",
      enum: fliteVoices,
      default: "slt",
      description: "slt: a woman; rms: a man; awb: a man from Scotland; kal16: a robotic man, five times as fast to compute.",
    },
    speed: { type: "number", minimum: 0.25, maximum: 4, default: 1, description: "2 is twice as fast." },
    pitch: { type: "number", minimum: 0.5, maximum: 2, default: 1, description: "Factor on the voice's pitch; rms has one only." },
  },
} as const;

type Params = ParamsOf<typeof params>;

/** {@link fliteTts} over an engine that is loaded by `load`. */
export const fliteTtsWith = (load: () => Promise<Flite>): NodeFactory<"flite-tts", "in", "out", ParamsInput<typeof params>> =>
  defineNode({
    type: "flite-tts",
    description: "Speaks text in English, on this machine: clear and quick, with a voice of the 2000s.",
    inputs: { in: text() },
    outputs: { out: audio({ format: "f32-planar", sampleRate: fliteSampleRate, numberOfChannels: 1 }) },
    params,
    answers: true,
    create: (given) => new FliteTts(given, load),
  });

/**
 * Speaks every final text that comes in with flite, in frames of 20 ms; the last frame of an answer has `end` as its last text had. Long
 * sentences are spoken clause by clause, so that the first sound comes early. The model `flite` must be installed.
 *
 * @example new Pipeline("greeter").add(fliteTts({ voice: "awb" })).add(fileSink({ path: "hello.wav" }))
 */
export const fliteTts = fliteTtsWith(loadFlite);

class FliteTts implements NodeExecutor<TextFrame> {
  readonly #load: () => Promise<Flite>;
  readonly #answer = new AnswerAudio(fliteSampleRate);
  #params: Params;
  #context: NodeContext | undefined;
  #flite: Flite | undefined;

  constructor(given: Params, load: () => Promise<Flite>) {
    this.#params = checked(given);
    this.#load = load;
  }

  async start(context: NodeContext): Promise<void> {
    this.#context = context;
    this.#flite = await this.#load();
  }

  configure(given: Params): void {
    this.#params = checked(given);
  }

  async *process(frame: TextFrame, _port: string, out: Output): AsyncGenerator<Emission> {
    const { signal } = out;
    const isEnd = (frame.flags & Flags.end) !== 0;
    const isAwaited = this.#answer.follow(frame, out);
    const speak = (clause: string, index: number): Promise<Float32Array> =>
      (this.#flite as Flite).speak({ ...this.#params, text: clause }, { signal, isUrgent: isAwaited && index === 0 });
    try {
      const parts = spokenParts(frame.final ? frame.text : "", isEnd, fliteSampleRate, speak);
      for await (const { text, samples, isLast } of parts) {
        if (samples.length > 0) this.#context?.said(out.turn, { text, durationUs: durationUs(samples.length, fliteSampleRate) });
        yield* this.#answer.frames(samples, isLast, out);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (isEnd) yield* this.#answer.end(out);
      throw thrown;
    }
    if (isEnd) yield* this.#answer.end(out);
  }
}

function checked(given: Params): Params {
  if (given.voice !== "rms" || given.pitch === 1) return given;
  throw errors.paramsInvalid({
    message: 'the voice "rms" has one pitch only',
    expected: "pitch 1, or another voice",
    received: `pitch ${given.pitch}`,
    fix: "Leave pitch out, or take slt, awb or kal16.",
  });
}
