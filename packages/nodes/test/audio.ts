import { type AudioFrame, audioFrame, durationUs, type Frame } from "@remotemedia/core";

/** Samples of a function of time, one array per channel. */
export function samplesOf(count: number, at: (index: number, channel: number) => number, channels = 1): Float32Array {
  return Float32Array.from({ length: count * channels }, (_, i) => at(i % count, Math.floor(i / count)));
}

/** Planar audio cut into frames of `frameLength` samples with running timestamps. */
export function framesOf(
  data: Float32Array,
  sampleRate: number,
  frameLength: number,
  { channels = 1, fromUs = 0, metadata = [] as object[] } = {},
): AudioFrame[] {
  const length = data.length / channels;
  const frames: AudioFrame[] = [];
  for (let from = 0; from < length; from += frameLength) {
    const count = Math.min(frameLength, length - from);
    const part = new Float32Array(count * channels);
    for (let channel = 0; channel < channels; channel++)
      part.set(data.subarray(channel * length + from, channel * length + from + count), channel * count);
    const own = metadata[frames.length];
    frames.push(
      audioFrame({
        data: part,
        sampleRate,
        numberOfChannels: channels,
        timestamp: fromUs + durationUs(from, sampleRate),
        ...(own && { metadata: own as never }),
      }),
    );
  }
  return frames;
}

/** All samples of one channel in a row. */
export function joined(frames: readonly Frame[], channel = 0): Float32Array {
  const audio = frames as readonly AudioFrame[];
  const all = new Float32Array(audio.reduce((sum, { numberOfFrames }) => sum + numberOfFrames, 0));
  let at = 0;
  for (const { data, numberOfFrames } of audio) {
    all.set(data.subarray(channel * numberOfFrames, (channel + 1) * numberOfFrames), at);
    at += numberOfFrames;
  }
  return all;
}

/** A tone of 440 Hz at half of full scale. */
export const tone = (count: number, sampleRate: number, hz = 440): Float32Array =>
  samplesOf(count, (i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / sampleRate));

/** Whether two arrays hold the same samples; `toEqual` takes seconds for a second of them. */
export const areSame = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((sample, i) => sample === b[i]);
