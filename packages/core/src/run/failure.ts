/** What happens when a node fails: retry, go around, open the breaker, stop. */
import { type ErrorCode, errorCatalogue, errors, type RemoteMediaError } from "../errors.ts";
import { audioFrame, type Frame } from "../frame/frame.ts";
import { type AudioFormat, hasFormat, type MediaFormat, type OutputPort } from "../frame/media.ts";
import type { ManifestOnError } from "../graph/manifest.ts";
import type { Engine } from "./engine.ts";
import type { NodeRunner } from "./node-runner.ts";

/** `on_error` with its defaults. */
export interface FailurePolicy {
  readonly action: "stop" | "skip" | "bypass";
  readonly mayRetry: boolean;
  /** Silence after which a call is given up; infinite in batch. */
  readonly timeoutMs: number;
  /** How long to wait before the next attempt; undefined when there is none, or when the frame would be too old to be of use. */
  retryDelayMs(code: ErrorCode, attempt: number, maxAgeMs: number): number | undefined;
}

const liveTimeoutMs = 30_000;
const retryBaseMs = 100;

/** The policy of a node. */
export function failurePolicy(onError: ManifestOnError, mode: "batch" | "live"): FailurePolicy {
  const { retry, action = mode === "batch" ? "stop" : "bypass", timeout_ms } = onError;
  return {
    action,
    mayRetry: retry !== undefined,
    timeoutMs: timeout_ms ?? (mode === "live" ? liveTimeoutMs : Number.POSITIVE_INFINITY),
    retryDelayMs(code, attempt, maxAgeMs) {
      if (retry === undefined || attempt >= retry.attempts || !errorCatalogue[code].retryable) return undefined;
      const base = retry.base_ms ?? retryBaseMs;
      const spentMs = base * (2 ** attempt - 1);
      const delayMs = base * 2 ** attempt;
      return spentMs + delayMs > maxAgeMs ? undefined : delayMs;
    },
  };
}

const failuresToOpen = 5;
const openUs = 30_000_000;

/** A circuit breaker (Nygard, "Release It!"): after 5 failures in a row a live node is left alone for 30 s, then tried once. */
export class Breaker {
  readonly #engine: Engine;
  #failures = 0;
  #openUntilUs = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get hasFailures(): boolean {
    return this.#failures > 0;
  }

  isOpen(): boolean {
    return this.#openUntilUs > 0 && this.#engine.nowUs() < this.#openUntilUs;
  }

  succeeded(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#openUntilUs = 0;
  }

  failed(cause: RemoteMediaError, runner: NodeRunner): void {
    if (this.#engine.mode !== "live" || ++this.#failures < failuresToOpen) return;
    this.#openUntilUs = this.#engine.nowUs() + openUs;
    this.#engine.report(
      errors.circuitOpen({ node: runner.id, message: `"${runner.id}" failed ${this.#failures} times in a row`, cause }),
      runner,
    );
  }
}

/** What a listener gets in the place of a node's output: the frame itself, silence as long as it, or nothing. */
export function substituteFor(frame: Frame, output: OutputPort | undefined, format: MediaFormat | undefined): Frame | undefined {
  if (output === undefined) return undefined;
  if (format !== undefined) {
    if (hasFormat(frame, format)) return frame;
    return frame.kind === "audio" && format.kind === "audio" ? silenceLike(frame, format) : undefined;
  }
  const keepsFormat =
    "sameAs" in output
      ? output.but === undefined
      : !Array.isArray(output) && (output as { kind: string }).kind === frame.kind && frame.kind !== "audio" && frame.kind !== "video";
  return keepsFormat ? frame : undefined;
}

// The duration of a frame is what somebody wrote into it.
const longestSilenceUs = 60_000_000;

function silenceLike(frame: Frame, { format, sampleRate, numberOfChannels }: AudioFormat): Frame | undefined {
  const numberOfFrames = Math.round((frame.duration * sampleRate) / 1e6);
  if (!(numberOfFrames >= 0 && frame.duration <= longestSilenceUs)) return undefined;
  const Samples = format === "s16" || format === "s16-planar" ? Int16Array : format === "s32" ? Int32Array : Float32Array;
  return audioFrame({ format, sampleRate, numberOfChannels, numberOfFrames, data: new Samples(numberOfFrames * numberOfChannels) });
}
