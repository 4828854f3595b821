import { type AudioFrame, audio, defineNode, type Emission, Flags, type Output, type PlanarFrame, sameAs } from "@remotemedia/core";
import { Continuity } from "./continuity.ts";
import { keptMetadata } from "./held-metadata.ts";

/** Cuts audio into frames of one length. The last one, and the last before a jump or an `end`, may be shorter. */
export const chunk = defineNode({
  type: "chunk",
  description: "Cuts audio into frames of one length.",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      frame_ms: { type: "number", minimum: 1, maximum: 60_000, default: 20, description: "Length of a frame, ms." },
      samples: {
        type: "integer",
        minimum: 1,
        maximum: 10_000_000,
        description: "Length of a frame in samples per channel; decides instead of frame_ms where it is given.",
      },
    },
  },
  latencyUs: ({ frameMs, samples }) => (samples === undefined ? Math.round(frameMs * 1000) : 0),
  create: ({ frameMs, samples }) => {
    const continuity = new Continuity();
    let pending: (AudioFrame & { readonly data: Float32Array }) | undefined;
    let filled = 0;
    let length = 0;
    /** Samples since the last jump. */
    let position = 0;
    let nextFlags = 0;

    function begin(frame: PlanarFrame, out: Output) {
      const metadata = keptMetadata(frame.metadata);
      const begun = out.audio({ numberOfFrames: length, timestamp: continuity.at(position), metadata, flags: nextFlags });
      nextFlags = 0;
      filled = 0;
      return begun;
    }

    /** Copies what fits, and gives how much that was. */
    function fill(frame: PlanarFrame, from: number, target: Float32Array): number {
      const count = Math.min(length - filled, frame.numberOfFrames - from);
      for (let channel = 0; channel < frame.numberOfChannels; channel++) {
        const source = channel * frame.numberOfFrames + from;
        const to = channel * length + filled;
        for (let index = 0; index < count; index++) target[to + index] = frame.data[source + index] as number;
      }
      filled += count;
      position += count;
      return count;
    }

    /** What has been filled of the pending frame. */
    function rest(flags: number, out: Output): AudioFrame | undefined {
      if (pending === undefined) return undefined;
      const { numberOfChannels, sampleRate, timestamp, stream, metadata } = pending;
      const shorter = out.audio({
        numberOfFrames: filled,
        numberOfChannels,
        sampleRate,
        timestamp,
        stream,
        metadata,
        flags: pending.flags | flags,
      });
      for (let channel = 0; channel < numberOfChannels; channel++) {
        shorter.data.set(pending.data.subarray(channel * length, channel * length + filled), channel * filled);
      }
      drop();
      return shorter;
    }

    function drop(): void {
      pending?.release();
      pending = undefined;
    }

    function* cut(frame: PlanarFrame, out: Output): Generator<Emission> {
      const end = frame.flags & Flags.end;
      for (let done = 0; done < frame.numberOfFrames; ) {
        pending ??= begin(frame, out);
        done += fill(frame, done, pending.data);
        if (filled < length) break;
        const full = pending;
        pending = undefined;
        if (done === frame.numberOfFrames) full.flags |= end;
        yield full;
      }
      const last = end === 0 ? undefined : rest(end, out);
      if (last !== undefined) yield last;
      // An end without samples, and nothing that could carry it.
      else if (end !== 0 && frame.numberOfFrames === 0) yield frame;
    }

    function* process(frame: PlanarFrame, _port: string, out: Output): Generator<Emission> {
      const before = continuity.follow(frame);
      const last = before === "jump" ? rest(0, out) : undefined;
      if (before === "interruption") drop();
      if (before !== undefined || length === 0) {
        position = 0;
        length = samples ?? Math.max(1, Math.round((frame.sampleRate * frameMs) / 1000));
        nextFlags |= (frame.flags & (Flags.discontinuity | Flags.gap)) | (before === undefined ? 0 : Flags.discontinuity);
      }
      if (last !== undefined) yield last;
      yield* cut(frame, out);
    }

    return {
      process,
      *flush(out) {
        const last = rest(0, out);
        if (last !== undefined) yield last;
      },
      stop: drop,
    };
  },
});
