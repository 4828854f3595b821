/** The caller's ear: plays what the agent says in real time, as a loudspeaker does, and tells the session so. */
import {
  type AudioFrame,
  audio,
  defineNode,
  event,
  eventFrame,
  Flags,
  type NodeContext,
  type NodeSpec,
  type Output,
  Playback,
} from "@remotemedia/core";
import { callRate } from "./steps.ts";

/** How much may wait in the player, as in a transport's sender, µs. */
const aheadUs = 100_000;

interface Waiting {
  readonly samples: Float32Array;
  readonly turn: number;
  readonly isAnswer: boolean;
}

/** What a caller hears, a tick at a time. */
export class Ear {
  #waiting: Waiting[] = [];
  #waitingUs = 0;
  #makeRoom: (() => void)[] = [];
  #context: NodeContext | undefined;
  #playback: Playback | undefined;

  /** The node at the end of the agent's voice. */
  node(): NodeSpec<string, "in", "events"> {
    return defineNode({
      type: "caller-ear",
      description: "Plays audio to a scripted caller.",
      inputs: { in: audio({ format: "f32-planar", sampleRate: callRate, numberOfChannels: 1 }) },
      outputs: { events: event() },
      live: true,
      create: () => ({
        start: (context: NodeContext) => void (this.#context = context),
        produce: (out: Output<"events">) =>
          void (this.#playback = new Playback((name, value) => out.emit("events", eventFrame(name, value)))),
        process: (frame: AudioFrame) => this.#take(frame),
        interrupt: (turn: number) => this.#interrupt(turn),
      }),
    })();
  }

  /** The next samples: those of the agent, and silence where it says nothing. */
  play(numberOfFrames: number): Float32Array {
    const heard = new Float32Array(numberOfFrames);
    const { isHeld } = this.#context?.answer() ?? { isHeld: false };
    let at = 0;
    while (at < numberOfFrames && this.#waiting[0] !== undefined && !(isHeld && this.#waiting[0].isAnswer)) {
      const { samples, turn, isAnswer } = this.#waiting[0];
      const part = samples.subarray(0, numberOfFrames - at);
      heard.set(part, at);
      at += part.length;
      if (part.length === samples.length) this.#waiting.shift();
      else this.#waiting[0] = { samples: samples.subarray(part.length), turn, isAnswer };
      if (isAnswer) this.#tell(turn, part.length);
    }
    this.#settle();
    return heard;
  }

  #take(frame: AudioFrame): void | Promise<void> {
    this.#playback?.given(frame);
    const samples = (frame.data as Float32Array).slice(0, frame.numberOfFrames);
    if (samples.length > 0) this.#waiting.push({ samples, turn: frame.turn, isAnswer: (frame.flags & Flags.answer) !== 0 });
    this.#settle();
    if (this.#waitingUs > aheadUs) return new Promise((resolve) => this.#makeRoom.push(resolve));
  }

  #tell(turn: number, samples: number): void {
    const durationUs = (samples * 1e6) / callRate;
    this.#context?.played(turn, { durationUs });
    this.#playback?.played(turn, durationUs);
  }

  #interrupt(turn: number): void {
    this.#waiting = this.#waiting.filter((part) => !part.isAnswer || part.turn >= turn);
    this.#playback?.interrupt();
    this.#settle();
  }

  #settle(): void {
    this.#waitingUs = this.#waiting.reduce((sum, { samples }) => sum + (samples.length * 1e6) / callRate, 0);
    if (this.#waitingUs <= aheadUs) for (const resolve of this.#makeRoom.splice(0)) resolve();
  }
}
