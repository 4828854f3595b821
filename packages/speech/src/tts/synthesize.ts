import { loadFlite } from "./flite.ts";
import { type FliteRequest, fliteSampleRate } from "./flite-program.ts";
import { spokenParts } from "./spoken-parts.ts";

/** How {@link synthesize} speaks. */
export interface SynthesizeOptions {
  /** Default `slt`. */
  readonly voice?: FliteRequest["voice"];
  /** 2 is twice as fast. Default 1. */
  readonly speed?: number;
  /** Factor on the voice's pitch; `rms` has one only. Default 1. */
  readonly pitch?: number;
  readonly signal?: AbortSignal;
}

/**
 * Speaks a text with flite, outside of a pipeline: mono samples of ±1, without silence at the beginning. Nothing for a text without
 * anything that can be spoken.
 *
 * @throws `host-unsupported` when flite is not installed
 * @example const { samples, sampleRate } = await synthesize("What time is it?", { voice: "awb", speed: 1.2 });
 */
export async function synthesize(
  text: string,
  { voice = "slt", speed = 1, pitch = 1, signal }: SynthesizeOptions = {},
): Promise<{ samples: Float32Array; sampleRate: number }> {
  const flite = await loadFlite();
  const parts: Float32Array[] = [];
  const speak = (clause: string) => flite.speak({ text: clause, voice, speed, pitch }, { signal });
  for await (const { samples } of spokenParts(text, true, fliteSampleRate, speak)) parts.push(samples);
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, sampleRate: fliteSampleRate };
}
