import type { SpeechDetector } from "@remotemedia/nodes";
import { type SileroLayers, SileroNetwork, stepLength } from "./silero-network.ts";

/** Speech goes on down to this much below the threshold that it must exceed to begin: as the network's authors use it. */
const slack = 0.15;

/** Decides by Silero VAD for every 32 ms at 16 kHz. */
export class SileroDetector implements SpeechDetector {
  readonly #network: SileroNetwork;
  readonly #threshold: number;
  readonly #partial = new Float32Array(stepLength);
  #held = 0;
  #isSpeech = false;

  /** @param threshold the probability from which it is speech */
  constructor(layers: SileroLayers, threshold: number) {
    this.#network = new SileroNetwork(layers);
    this.#threshold = threshold;
  }

  process(samples: Float32Array, count: number, decisions: Uint8Array, levels: Float32Array): number {
    let written = 0;
    for (let at = 0; at < count; ) {
      const taken = Math.min(count - at, stepLength - this.#held);
      for (let i = 0; i < taken; i++) this.#partial[this.#held + i] = samples[at + i] as number;
      this.#held += taken;
      at += taken;
      if (this.#held < stepLength) break;
      this.#held = 0;
      decisions[written] = this.#decide() ? 1 : 0;
      levels[written++] = rms(this.#partial);
    }
    return written;
  }

  reset(): void {
    this.#network.reset();
    this.#held = 0;
    this.#isSpeech = false;
  }

  close(): void {}

  #decide(): boolean {
    const probability = this.#network.step(this.#partial, 0);
    // What is not a number would stay in the network for ever.
    if (Number.isNaN(probability)) this.#network.reset();
    this.#isSpeech = probability >= (this.#isSpeech ? this.#threshold - slack : this.#threshold);
    return this.#isSpeech;
  }
}

function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
