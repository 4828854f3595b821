import { audio, defineNode, type NodeContext, type NodeExecutor, type Output, type PlanarFrame, sameAs } from "@remotemedia/core";
import { EchoPath, hopMs } from "./echo-path.ts";

/** What is left of what is not let through: silence for a detector, and no hole for anybody else. −40 dB. */
const closedGain = 0.01;

/**
 * Keeps the agent from hearing itself where no echo cancellation does. `in` takes the microphone, `reference` what is played
 * (`link-source.reference`); out comes the microphone, 40 dB down while its loudness is explained by that of the reference, up to
 * `max_delay_ms` late. Who speaks 6 dB louder than the echo is let through within 30 ms. It is a gate and no canceller: softer speech is
 * lost with the echo, and so is what is said in the first half second of the first answer if it is softer than what is played. Live only:
 * the reference is taken to be played when it comes.
 */
export const echoGate = defineNode({
  type: "echo-gate",
  description: "Lets the microphone through unless it hears only what is played.",
  inputs: {
    in: audio({ format: "f32-planar", sampleRate: 16_000, numberOfChannels: 1 }),
    reference: audio({ format: "f32-planar", sampleRate: 16_000, numberOfChannels: 1 }),
  },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      max_delay_ms: {
        type: "number",
        minimum: 0,
        maximum: 1_000,
        default: 300,
        description: "How much later what is played may be heard by the microphone, ms.",
      },
    },
  },
  create: ({ maxDelayMs }) => new EchoGate(maxDelayMs),
});

const hopSamples = 16 * hopMs;

class EchoGate implements NodeExecutor<PlanarFrame, "out"> {
  readonly #path: EchoPath;
  #context!: NodeContext;
  /** Loudness of the reference by hop that the microphone has not reached yet, and when the first of them is played. */
  #ahead: number[] = [];
  #aheadUs = 0;

  constructor(maxDelayMs: number) {
    this.#path = new EchoPath(maxDelayMs);
  }

  start(context: NodeContext): void {
    this.#context = context;
  }

  process(frame: PlanarFrame, port: string, out: Output<"out">): void | Promise<void> {
    return port === "reference" ? this.#play(frame) : this.#hear(frame, out);
  }

  /** Answers come faster than they are played: each follows the one before. */
  #play({ data, numberOfFrames }: PlanarFrame): void {
    if (this.#ahead.length === 0) this.#aheadUs = this.#context.clock.nowUs();
    for (let at = 0; at < numberOfFrames; at += hopSamples) this.#ahead.push(loudness(data, at, numberOfFrames));
    if (this.#ahead.length > mostAhead) this.#ahead.splice(0, this.#ahead.length - mostAhead);
  }

  #hear(frame: PlanarFrame, out: Output<"out">): void | Promise<void> {
    const { data, numberOfFrames } = frame;
    const [hops, fromUs] = [Math.ceil(numberOfFrames / hopSamples), this.#context.clock.nowUs() - frame.duration];
    let gated: PlanarFrame | undefined;
    for (let i = 0; i < hops; i++) {
      const [at, end] = [i * hopSamples, Math.min((i + 1) * hopSamples, numberOfFrames)];
      const isPlayed = this.#ahead.length > 0 && this.#aheadUs <= fromUs + i * hopMs * 1000;
      const reference = isPlayed ? (this.#ahead.shift() as number) : 0;
      if (isPlayed) this.#aheadUs += hopMs * 1000;
      if (this.#path.isOpen(loudness(data, at, numberOfFrames), reference)) continue;
      gated ??= frame.writable();
      for (let j = at; j < end; j++) (gated.data as Float32Array)[j] = (gated.data[j] as number) * closedGain;
    }
    return out.emit("out", gated ?? frame);
  }
}

/** Ten seconds: no sender takes more. */
const mostAhead = 10_000 / hopMs;

/** RMS of one hop. */
function loudness(data: PlanarFrame["data"], at: number, numberOfFrames: number): number {
  const end = Math.min(at + hopSamples, numberOfFrames);
  let sum = 0;
  for (let i = at; i < end; i++) sum += (data[i] as number) * (data[i] as number);
  return Math.sqrt(sum / (end - at));
}
