import type { AudioFrame } from "@remotemedia/core";
import type { Recognizer } from "./recognizer.ts";
import { Utterance } from "./utterance.ts";

const samplesPerMs = 16;
/** Parts of a longer speech that are being recognized at a time; beyond them its audio waits. */
const mostParts = 2;

/** About ten minutes: text that goes on for longer without a pause is given out as more than one final. */
const longestParts = 40;

/** What a {@link Transcription} works with. */
export interface TranscriptionOptions {
  readonly recognizer: Pick<Recognizer, "call">;
  /** 0: no partials. */
  readonly partialIntervalMs: number;
  readonly maxSpeechMs: number;
  /** A partial text could not be made. */
  readonly onLost: (cause: unknown) => void;
}

interface Job {
  readonly text: Promise<string>;
  readonly abort: AbortController;
}

/** The text of one segment while it is being spoken: partials on what there is, the final begun in a pause, long speech in parts. */
export class Transcription {
  readonly utterance: Utterance;
  readonly #options: TranscriptionOptions;
  /** Parts that were cut off; the last one's cancels all. */
  readonly #parts: Job[] = [];
  /** Their texts, as far as they are known. */
  readonly #done: string[] = [];
  #pending = 0;
  #partial: Job | undefined;
  #ahead: Job | undefined;
  #heardAt = 0;
  /** What was recognized and not yet given out, and what was given out last. */
  #fresh: string | undefined;
  #given = "";

  constructor(first: AudioFrame, options: TranscriptionOptions) {
    this.utterance = new Utterance(first);
    this.#options = options;
  }

  /** Whether it has become so long that it should be finished though its segment goes on. */
  get isLong(): boolean {
    return this.#parts.length >= longestParts;
  }

  /** Takes a frame. @returns whether parts of it wait to be recognized and no more should come before {@link partsDone} */
  push(frame: AudioFrame): boolean {
    const most = this.#options.maxSpeechMs * samplesPerMs;
    for (let at = 0; at < frame.numberOfFrames; ) {
      const to = Math.min(frame.numberOfFrames, at + most - this.utterance.length);
      this.utterance.push(frame, at, to);
      at = to;
      if (this.utterance.length >= most) this.#cut();
    }
    return this.#pending > mostParts;
  }

  /** Resolves when the parts that were cut off are recognized. */
  async partsDone(signal: AbortSignal): Promise<void> {
    await unlessAborted(
      Promise.all(this.#parts.map(({ text }) => text)).then(() => undefined),
      signal,
    );
  }

  /** Between frames, live: starts what is to be recognized now; gives the whole text so far if there is a new one. */
  goOn(): string | undefined {
    if (this.utterance.isPause) this.#lookAhead();
    else if (this.#ahead !== undefined) this.#ahead = drop(this.#ahead);
    else this.#mayGuess();
    const fresh = this.#fresh;
    this.#fresh = undefined;
    if (fresh === undefined || this.#done.length < this.#parts.length) return undefined;
    const whole = joined([...this.#done, fresh]);
    if (whole === "" || whole === this.#given) return undefined;
    this.#given = whole;
    return whole;
  }

  /** The whole text. @throws what recognition throws; the signal's reason when it aborts */
  async finish(signal: AbortSignal): Promise<string> {
    this.#partial = drop(this.#partial);
    if (!this.utterance.isPause) this.#ahead = drop(this.#ahead);
    if (this.utterance.hasSpeech) this.#ahead ??= this.#start(true);
    const texts = Promise.all([...this.#parts, ...(this.#ahead === undefined ? [] : [this.#ahead])].map(({ text }) => text));
    return joined(await unlessAborted(texts, signal));
  }

  /** Gives up what is being recognized. */
  cancel(): void {
    this.#partial = drop(this.#partial);
    this.#ahead = drop(this.#ahead);
    for (const part of this.#parts) drop(part);
  }

  #lookAhead(): void {
    if (this.#ahead !== undefined) return;
    this.#partial = drop(this.#partial);
    const job = this.#start(true);
    this.#ahead = job;
    // A pause may be where the turn ends: its text is worth a partial.
    job.text.then(
      (text) => void (this.#ahead === job && (this.#fresh = text)),
      () => undefined,
    );
  }

  #mayGuess(): void {
    const { partialIntervalMs, onLost } = this.#options;
    const isDue = this.utterance.length - this.#heardAt >= partialIntervalMs * samplesPerMs;
    if (partialIntervalMs === 0 || !isDue || this.#partial !== undefined || !this.utterance.hasSpeech) return;
    this.#heardAt = this.utterance.length;
    const job = this.#start(false);
    this.#partial = job;
    const isCurrent = (): boolean => {
      const is = this.#partial === job;
      if (is) this.#partial = undefined;
      return is;
    };
    job.text.then(
      (text) => void (isCurrent() && (this.#fresh = text)),
      (cause) => void (isCurrent() && onLost(cause)),
    );
  }

  #cut(): void {
    this.#partial = drop(this.#partial);
    this.#ahead = drop(this.#ahead);
    this.#fresh = undefined;
    const index = this.#parts.length;
    const part = this.#begin(this.utterance.cut(), true);
    this.#heardAt = this.utterance.length;
    this.#parts.push(part);
    this.#pending++;
    part.text.then(
      (text) => {
        this.#done[index] = text;
        this.#pending--;
      },
      () => this.#pending--,
    );
  }

  #start(isUrgent: boolean): Job {
    return this.#begin(this.utterance.snapshot(), isUrgent);
  }

  #begin(samples: Float32Array, isUrgent: boolean): Job {
    const abort = new AbortController();
    return { text: this.#options.recognizer.call(samples, { signal: abort.signal, isUrgent }), abort };
  }
}

function drop(job: Job | undefined): undefined {
  // Whoever waits for it learns by itself; nobody else shall.
  job?.text.catch(() => undefined);
  job?.abort.abort();
}

const joined = (texts: readonly string[]): string => texts.filter((text) => text !== "").join(" ");

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason);
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
