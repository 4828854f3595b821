import { audio, defineNode, type Emission, Flags, type Output, type PlanarFrame, sameAs } from "@remotemedia/core";
import { Continuity } from "./continuity.ts";
import { keptMetadata } from "./held-metadata.ts";

/** Timestamps are rounded to whole µs, each for itself. */
const roundingUs = 2;

/**
 * A delay line: the same samples, their timestamps later by exactly `delay_ms`. A frame leaves as soon as so much time has passed after it,
 * losses included; what is still held leaves at once where time goes back or another stream begins, at an `end` and when the input ends. No
 * silence is put before the first frame.
 */
export const delay = defineNode({
  type: "delay",
  description: "Gives audio later by a set time.",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      delay_ms: { type: "number", minimum: 0, maximum: 10_000, default: 500, description: "How much later, ms of media time." },
    },
  },
  latencyUs: ({ delayMs }) => Math.round(delayMs * 1000),
  create: ({ delayMs }) => {
    const delayUs = Math.round(delayMs * 1000);
    const continuity = new Continuity();
    /** Later by the delay already. Their samples are the input's own: nothing is copied. */
    const held: PlanarFrame[] = [];

    function hold(frame: PlanarFrame): void {
      const later = frame.share();
      later.timestamp += delayUs;
      later.metadata = keptMetadata(frame.metadata);
      held.push(later);
    }

    /** Whether its time can be compared with that of what is held. */
    function goesOn({ timestamp, stream }: PlanarFrame): boolean {
      const last = held.at(-1);
      return last === undefined || (last.stream.id === stream.id && last.timestamp <= timestamp + delayUs);
    }

    /** What is held and over by then. */
    function* until(timeUs: number): Generator<Emission> {
      for (let first = held[0]; first !== undefined && first.timestamp + first.duration <= timeUs; first = held[0]) {
        held.shift();
        yield first;
      }
    }

    function drop(): void {
      for (const frame of held.splice(0)) frame.release();
    }

    function* process(frame: PlanarFrame, _port: string, _out: Output): Generator<Emission> {
      if (continuity.follow(frame) === "interruption") drop();
      if (!goesOn(frame)) yield* until(Number.POSITIVE_INFINITY);
      const isEnd = (frame.flags & Flags.end) !== 0;
      // Time does not go on with frames without samples: holding them would have no bound.
      if (frame.numberOfFrames > 0 || isEnd) hold(frame);
      yield* until(isEnd ? Number.POSITIVE_INFINITY : frame.timestamp + frame.duration + roundingUs);
    }

    return {
      process,
      *flush() {
        yield* until(Number.POSITIVE_INFINITY);
      },
      stop: drop,
    };
  },
});
