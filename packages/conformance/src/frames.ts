/** What the suites do with frames. */
import { type AudioFrame, type Frame, formatOf, type Metadata } from "@remotemedia/core";

/** A frame with other metadata. */
export function restamped(frame: Frame, { metadata }: { readonly metadata: Metadata }): Frame {
  const copy = frame.detached();
  copy.metadata = metadata;
  return copy;
}

/** The same frame later. */
export function shifted(frame: Frame, byUs: number): Frame {
  const copy = frame.detached();
  copy.timestamp += byUs;
  return copy;
}

/** Audio with samples in it that are none, or none that fit. */
export function withBadSamples(frame: AudioFrame): AudioFrame {
  const copy = frame.detached();
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30].forEach((sample, i) => {
    if (i < copy.data.length) copy.data[i] = sample;
  });
  return copy;
}

/** All that a frame says, without what a session stamped on it: for comparing runs. */
export function describeFrame(frame: Frame): Record<string, unknown> {
  const { timestamp, duration, flags, metadata } = frame;
  return { ...formatOf(frame), timestamp, duration, flags, metadata, value: contentOf(frame) };
}

function contentOf(frame: Frame): unknown {
  if ("data" in frame) return [...frame.data];
  if (frame.kind === "text") return frame.text;
  return frame.kind === "event" ? [frame.name, frame.value] : frame.value;
}

/** The samples of all channels of some audio, one channel after the other; frames of other kinds are left out. */
export function joinedSamples(frames: readonly Frame[]): number[] {
  const audio = frames.filter((frame): frame is AudioFrame => frame.kind === "audio");
  const channels = Math.max(0, ...audio.map(({ numberOfChannels }) => numberOfChannels));
  return Array.from({ length: channels }, (_, channel) => audio.flatMap((frame) => channelOf(frame, channel))).flat();
}

function channelOf({ data, format, numberOfChannels, numberOfFrames }: AudioFrame, channel: number): number[] {
  const isPlanar = format.endsWith("planar");
  return Array.from(
    { length: numberOfFrames },
    (_, i) => (isPlanar ? data[channel * numberOfFrames + i] : data[i * numberOfChannels + channel]) as number,
  );
}
