/** What a scripted caller does, step after step. */
import { type SynthesizeOptions, synthesize } from "../tts/synthesize.ts";

/** Hz of everything that a caller says and hears. */
export const callRate = 16_000;

/** One thing that a caller does before the next; made by {@link says}, {@link plays}, {@link waits}, {@link hears} and {@link hearsFor}. */
export type Step =
  | { readonly do: "speak"; readonly text: string; readonly samples: () => Promise<Float32Array> }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "hear"; readonly forMs: number; readonly withinMs: number };

/** How a caller says something. */
export interface SayOptions extends SynthesizeOptions {
  /** Factor on the amplitude. Default 1. */
  readonly volume?: number;
}

/**
 * Says a text with a synthetic voice. Pauses within an utterance are steps of their own: `says("I would like"), waits(600), says("a pizza.")`.
 *
 * @example says("What time is it?", { voice: "rms", speed: 1.3 })
 */
export function says(text: string, { volume = 1, ...how }: SayOptions = {}): Step {
  return { do: "speak", text, samples: async () => (await synthesize(text, how)).samples.map((sample) => sample * volume) };
}

/** Plays recorded speech, or any sound: mono samples at 16 kHz. @param text what it says, as far as it says something */
export function plays(samples: Float32Array, text = ""): Step {
  return { do: "speak", text, samples: async () => samples };
}

/** Says nothing for a while. */
export function waits(ms: number): Step {
  return { do: "wait", ms };
}

/** Listens until the agent has answered all that was said, and its answer has ended. @param withinMs default 15,000; then the call fails */
export function hears(withinMs = 15_000): Step {
  return { do: "hear", forMs: Number.POSITIVE_INFINITY, withinMs };
}

/** Listens until an answer has been heard for so long, to talk over it. @param withinMs default 15,000; then the call fails */
export function hearsFor(ms: number, withinMs = 15_000): Step {
  return { do: "hear", forMs: ms, withinMs };
}
