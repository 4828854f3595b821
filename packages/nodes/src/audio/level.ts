import {
  audio,
  defineNode,
  durationUs,
  type Emission,
  json,
  jsonFrame,
  type NodeContext,
  type PlanarFrame,
  sameAs,
} from "@remotemedia/core";
import { Continuity } from "./continuity.ts";

/** What digital silence is reported as, dB: JSON has no −∞. */
const silenceDb = -120;

/** Measures audio and lets it through. */
export const level = defineNode({
  type: "level",
  description: "Measures how loud audio is, and lets it through.",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in"), levels: json() },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      interval_ms: {
        type: "number",
        minimum: 10,
        maximum: 3_600_000,
        default: 100,
        description:
          "Length of one measurement, ms of media time. Each gives {rms, peak, rms_db, peak_db, channels: [the same per channel]}; full scale is 1 and 0 dB, silence −120 dB.",
      },
    },
  },
  create: ({ intervalMs }) => {
    const continuity = new Continuity();
    const measured = new Float64Array(2);
    let context: NodeContext;
    /** Per channel: sum of squares, peak. */
    let sums = new Float64Array(0);
    /** Samples per channel of the measurement that is going on, and where it began. */
    let count = 0;
    let begun = 0;
    let begunAtUs = 0;
    let sampleRate = 0;

    function add(frame: PlanarFrame, from: number, length: number): void {
      for (let channel = 0; channel < frame.numberOfChannels; channel++) {
        context.kernels.level(frame.data, channel * frame.numberOfFrames + from, length, measured);
        const rms = measured[0] as number;
        sums[2 * channel] = (sums[2 * channel] as number) + rms * rms * length;
        sums[2 * channel + 1] = Math.max(sums[2 * channel + 1] as number, measured[1] as number);
      }
      count += length;
    }

    function report(): Emission {
      const channels = Array.from({ length: sums.length / 2 }, (_, channel) =>
        entry((sums[2 * channel] as number) / count, sums[2 * channel + 1] as number),
      );
      const meanSquare = channels.reduce((sum, { rms }) => sum + (rms * rms) / channels.length, 0);
      const peak = channels.reduce((highest, channel) => Math.max(highest, channel.peak), 0);
      const init = { timestamp: begunAtUs, duration: durationUs(count, sampleRate) };
      beginAt(begun + count);
      return ["levels", jsonFrame({ ...entry(meanSquare, peak), channels }, init)];
    }

    const decibels = (ratio: number) => (ratio > 1e-6 ? (context.kernels.log(ratio) * 20) / Math.LN10 : silenceDb);
    const finite = (value: number) => (Number.isFinite(value) ? value : 0);
    const entry = (meanSquare: number, highest: number) => {
      const rms = Math.sqrt(finite(meanSquare));
      const peak = finite(highest);
      return { rms, peak, rms_db: decibels(rms), peak_db: decibels(peak) };
    };

    function beginAt(sample: number): void {
      begun = sample;
      begunAtUs = continuity.at(sample);
      count = 0;
      sums.fill(0);
    }

    /** Measurements end where the interval ends, also in the middle of a frame: framing does not change what is measured. */
    function* cut(frame: PlanarFrame, length: number): Generator<Emission> {
      for (let done = 0; done < frame.numberOfFrames; ) {
        const part = Math.min(frame.numberOfFrames - done, length - count);
        add(frame, done, part);
        done += part;
        if (count === length) yield report();
      }
      yield frame;
    }

    /** The start, or a jump: it ends a measurement early. */
    function* begin(frame: PlanarFrame): Generator<Emission> {
      if (count > 0) yield report();
      sampleRate = frame.sampleRate;
      sums = new Float64Array(2 * frame.numberOfChannels);
      beginAt(0);
      yield* cut(frame, lengthFor(frame));
    }

    const lengthFor = (frame: PlanarFrame) => Math.max(1, Math.round((frame.sampleRate * intervalMs) / 1000));

    return {
      start(of) {
        context = of;
      },
      process(frame, _port, out) {
        const before = continuity.follow(frame);
        if (before === "interruption") count = 0;
        if (before !== undefined || sampleRate === 0) return begin(frame);
        const length = lengthFor(frame);
        if (count + frame.numberOfFrames >= length) return cut(frame, length);
        add(frame, 0, frame.numberOfFrames);
        return out.emit("out", frame);
      },
      *flush() {
        if (count > 0) yield report();
      },
    };
  },
});
