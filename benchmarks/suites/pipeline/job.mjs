/** The ten-second job: s16 stereo 48 kHz → mono → 16 kHz at high quality → energy VAD → s16. */
import { audioFrame, formatConvert, Pipeline, remix, resample, vad } from "../../../packages/remotemedia/dist/index.js";

const RATE = 48_000;
export const OUTPUT_RATE = 16_000;
export const SECONDS = 10;
export const OUTPUT = "format-convert";

/** What the microphone of a live session gives; told when it opens, as caps are told to GStreamer. */
export const INPUT = { kind: "audio", format: "s16", sampleRate: RATE, numberOfChannels: 2 };

/** Ten seconds in one array, as `run` takes it. */
export const makeInput = () => ({ samples: makeSamples(SECONDS), sampleRate: RATE, numberOfChannels: 2, format: "s16" });

export function preprocess() {
  return new Pipeline("preprocess")
    .add(remix({ channels: 1 }))
    .add(resample({ sampleRate: OUTPUT_RATE }))
    .add(vad())
    .add(formatConvert({ format: "s16" }));
}

/** Noise, loud and soft by turns of a second, so that the detector has something to decide. */
export function makeSamples(seconds) {
  const samples = new Int16Array(2 * RATE * seconds);
  let state = 1;
  for (let i = 0; i < samples.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const isLoud = Math.floor(i / (2 * RATE)) % 2 === 0;
    samples[i] = ((state >>> 16) - 32768) * (isLoud ? 0.3 : 0.001);
  }
  return samples;
}

export const makeFrame = (data, timestamp = 0) => audioFrame({ format: "s16", sampleRate: RATE, numberOfChannels: 2, timestamp, data });

/** Cuts ten seconds into blocks; `frames(pass)` gives them with the time going on from pass to pass. */
export function makeBlocks(blockSeconds) {
  const samples = makeSamples(SECONDS);
  const length = 2 * Math.round(RATE * blockSeconds);
  const blocks = Array.from({ length: samples.length / length }, (_, index) => samples.subarray(index * length, (index + 1) * length));
  return function* frames(pass) {
    for (const [index, data] of blocks.entries()) yield makeFrame(data, Math.round((pass * SECONDS + index * blockSeconds) * 1e6));
  };
}

/** Refuses a result that is not the whole job: a benchmark of half the work would be fast. */
export function check(outputs) {
  const frames = outputs.filter(({ kind }) => kind === "audio");
  const total = frames.reduce((sum, frame) => sum + frame.numberOfFrames, 0);
  const isRight = frames.every(
    ({ format, sampleRate, data }) => format === "s16" && sampleRate === OUTPUT_RATE && data instanceof Int16Array,
  );
  checkCount(isRight ? total : 0, 1, 0);
}

/** The same for a running session, which may hold back `slackSeconds`. */
export function checkCount(samples, passes, slackSeconds) {
  const expected = passes * SECONDS * OUTPUT_RATE;
  if (samples > expected || samples < expected - slackSeconds * OUTPUT_RATE)
    throw new Error(`expected ${expected} samples of s16 at 16 kHz, got ${samples}`);
}
