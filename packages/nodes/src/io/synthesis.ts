import { durationUs, type Emission, type NodeContext, type Output } from "@remotemedia/core";
import { createPacer } from "./pacer.ts";

/** What `tone`, `noise` and `silence` share. */
export const synthesisParams = {
  sample_rate: { type: "integer", minimum: 1_000, maximum: 768_000, default: 48_000, description: "Sample rate, Hz." },
  channels: { type: "integer", minimum: 1, maximum: 64, default: 1, description: "Number of channels." },
  duration_ms: { type: "number", minimum: 0, default: 1_000, description: "How long it lasts, ms; 0 goes on until the session is closed." },
  frame_ms: { type: "number", minimum: 1, maximum: 1_000, default: 20, description: "Length of a frame, ms." },
  pace: { type: "boolean", default: false, description: "Play in real time, as a live source does." },
} as const;

/** Those parameters. */
export interface Synthesis {
  readonly sampleRate: number;
  readonly channels: number;
  readonly durationMs: number;
  readonly frameMs: number;
  readonly pace: boolean;
}

/** Writes samples `from` to `from + count` of every channel into planes of `count`. */
export type Fill = (data: Float32Array, from: number, count: number, channels: number) => void;

/** The frames of a source that computes them. */
export function synthesize(
  synthesis: Synthesis,
  context: NodeContext,
  out: Output,
  fill: Fill,
): Iterable<Emission> | AsyncIterable<Emission> {
  return synthesis.pace ? paced(synthesis, context, out, fill) : frames(synthesis, out, fill);
}

function* frames({ sampleRate, channels, durationMs, frameMs }: Synthesis, out: Output, fill: Fill): Generator<Emission> {
  const total = durationMs === 0 ? Number.POSITIVE_INFINITY : Math.round((sampleRate * durationMs) / 1000);
  const length = Math.max(1, Math.round((sampleRate * frameMs) / 1000));
  for (let from = 0; from < total; from += length) {
    const count = Math.min(length, total - from);
    const frame = out.audio({ numberOfFrames: count, numberOfChannels: channels, sampleRate, timestamp: durationUs(from, sampleRate) });
    fill(frame.data, from, count, channels);
    yield frame;
  }
}

async function* paced(synthesis: Synthesis, { clock }: NodeContext, out: Output, fill: Fill): AsyncGenerator<Emission> {
  const wait = createPacer(clock);
  for (const emission of frames(synthesis, out, fill)) {
    const frame = emission as Exclude<Emission, readonly unknown[]>;
    await wait(frame.timestamp, out.signal);
    if (out.signal.aborted) return frame.release();
    yield frame;
  }
}
