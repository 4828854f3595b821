import { type EventFrame, errors, type Pipeline, type Session, systemClock, type TurnTrace } from "@remotemedia/core";
import { CallRecord, type Utterance } from "./call-record.ts";
import { Ear } from "./ear.ts";
import { endOfLoud } from "./loudness.ts";
import { callRate, type Step } from "./steps.ts";

/** How a scripted call is made. */
export interface CallOptions {
  /** What the caller does. */
  readonly script: readonly Step[];
  /** The node that hears the caller. Default `vad`. */
  readonly microphone?: string;
  /** The node whose audio the caller hears. Default `tts`. */
  readonly voice?: string;
  /** The node whose `turn-ended` events tell what was understood. Default `turns`. */
  readonly turns?: string;
  /** White noise on the line, its RMS; full scale is 1. Default 0. */
  readonly noise?: number;
  /** Of the noise, and of everything random in the agent. Default 1. */
  readonly seed?: number;
}

const tickMs = 20;
const tickSamples = (callRate * tickMs) / 1_000;

/**
 * Calls an agent and follows a script, in real time. The pipeline is used up: nodes of the caller are added to it.
 *
 * @throws `timeout` when something that the script waits for is not heard; what the agent's `open` throws
 * @example
 * const call = await callAgent(agent(), { script: [says("Hello, who are you?"), hears(), says("What time is it?"), hearsFor(300), says("Stop!"), hears()] });
 * call.expect({ transcripts: ["hello who are you", "what time is it", "stop"], answersWithinMs: 1_500 });
 */
export async function callAgent(pipeline: Pipeline<never>, options: CallOptions): Promise<CallRecord> {
  const { script, microphone = "vad", voice = "tts", turns = "turns", seed = 1 } = options;
  const ear = new Ear();
  pipeline.branch(voice, (branch) => branch.add(ear.node(), "caller_ear"));
  const spoken = await Promise.all(script.map(async (step) => (step.do === "speak" ? step.samples() : undefined)));
  const session = await pipeline.open({ seed });
  try {
    const caller = new Caller(session, ear, options, microphone);
    void caller.follow(session.tap(`${turns}.events`) as AsyncIterable<EventFrame>);
    for (const [i, step] of script.entries()) {
      if (step.do === "speak") await caller.speak(step.text, spoken[i] as Float32Array);
      else if (step.do === "wait") await caller.wait(step.ms);
      else await caller.hear(step.forMs, step.withinMs);
    }
    caller.hangUp();
    return caller.record();
  } finally {
    await session.close();
  }
}

/** Somebody who speaks and hears, 20 ms at a time. */
class Caller {
  readonly #session: Session;
  readonly #ear: Ear;
  readonly #microphone: string;
  readonly #noise: () => number;
  readonly #startedMs = performance.now();
  readonly #heard: Float32Array[] = [];
  readonly #utterances: Utterance[] = [];
  readonly #understood: { text: string; atMs: number; turn: number }[] = [];
  readonly #changes: { readonly type: string; readonly turn: number; readonly text: string }[] = [];
  readonly #traces = new Map<number, TurnTrace>();
  #saying: Float32Array | undefined;
  #said = 0;
  #ticks = 0;
  #playingSince: number | undefined;
  #isAnswerOpen = false;
  #isOver = false;
  readonly #watchers = new Set<() => void>();

  constructor(session: Session, ear: Ear, { noise = 0, seed = 1 }: CallOptions, microphone: string) {
    this.#session = session;
    this.#ear = ear;
    this.#microphone = microphone;
    this.#noise = noise === 0 ? () => 0 : whiteNoise(noise, seed);
    session.onTurn(({ type, turn, heard }) => {
      this.#changes.push({ type, turn, text: heard?.text ?? "" });
      for (const trace of session.turns()) this.#traces.set(trace.turn, trace);
      if (type === "playback-started") this.#playingSince = this.nowMs;
      if (type === "playback-ended" || type === "interrupted") this.#playingSince = undefined;
      if (type === "playback-ended") this.#isAnswerOpen = false;
    });
    this.#tick();
  }

  /** Time of the call: what has gone through the microphone. */
  get nowMs(): number {
    return this.#ticks * tickMs;
  }

  async follow(events: AsyncIterable<EventFrame>): Promise<void> {
    for await (const { name, value, turn } of events) {
      if (name !== "turn-ended") continue;
      this.#isAnswerOpen = true;
      this.#understood.push({ text: (value as { text: string }).text, atMs: this.nowMs, turn });
    }
  }

  async speak(text: string, samples: Float32Array): Promise<void> {
    const startMs = this.nowMs;
    this.#utterances.push({ text, startMs, endMs: startMs + (endOfLoud(samples) * 1_000) / callRate });
    this.#saying = samples;
    this.#said = 0;
    this.#isAnswerOpen ||= text !== "";
    await this.#until(() => this.#saying === undefined);
  }

  async wait(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await this.#until(() => this.nowMs >= endMs);
  }

  async hear(forMs: number, withinMs: number): Promise<void> {
    const endMs = this.nowMs + withinMs;
    const isHeard = (): boolean =>
      forMs === Number.POSITIVE_INFINITY
        ? !this.#isAnswerOpen
        : this.#playingSince !== undefined && this.nowMs - this.#playingSince >= forMs;
    await this.#until(() => isHeard() || this.nowMs >= endMs);
    if (isHeard()) return;
    const heard = this.#understood.map(({ text }) => `"${text}"`).join(", ") || "nothing";
    throw errors.timeout({ message: `no answer within ${withinMs} ms of the call; the agent understood ${heard}` });
  }

  hangUp(): void {
    this.#isOver = true;
  }

  record(): CallRecord {
    const heard = new Float32Array(this.#ticks * tickSamples);
    this.#heard.forEach((part, i) => heard.set(part, i * tickSamples));
    return new CallRecord({
      heard,
      utterances: this.#utterances,
      understood: this.#understood,
      changes: this.#changes,
      traces: this.#traces,
    });
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** What is due: a busy machine makes ticks late, and none may be lost. */
  #tick(): void {
    if (this.#isOver) return;
    while (performance.now() - this.#startedMs >= this.nowMs + tickMs) {
      void this.#session.push({ samples: this.#nextSamples(), sampleRate: callRate }, this.#microphone);
      this.#heard.push(this.#ear.play(tickSamples));
      this.#ticks++;
    }
    for (const look of [...this.#watchers]) look();
    systemClock.setTimer(this.nowMs + tickMs - (performance.now() - this.#startedMs), () => this.#tick());
  }

  #nextSamples(): Float32Array {
    const samples = Float32Array.from({ length: tickSamples }, this.#noise);
    const part = this.#saying?.subarray(this.#said, this.#said + tickSamples) ?? new Float32Array(0);
    for (let i = 0; i < part.length; i++) samples[i] = (samples[i] as number) + (part[i] as number);
    this.#said += part.length;
    if (this.#saying !== undefined && this.#said >= this.#saying.length) this.#saying = undefined;
    return samples;
  }
}

/** Uniform noise of an RMS; xorshift, so that every call with a seed is the same. */
function whiteNoise(rms: number, seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) / 2 ** 31 - 1) * rms * Math.sqrt(3);
  };
}
