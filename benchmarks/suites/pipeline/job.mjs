/** The ten-second job: s16 stereo 48 kHz → mono → 16 kHz at high quality → energy VAD → s16. */
import { audioFrame, formatConvert, Pipeline, remix, resample, vad } from "../../../packages/remotemedia/dist/index.js";

const RATE = 48_000;
const SECONDS = 10;
const OUTPUT_FRAMES = 160_000;

export function preprocess() {
  return new Pipeline("preprocess")
    .add(remix({ channels: 1 }))
    .add(resample({ sampleRate: 16_000 }))
    .add(vad())
    .add(formatConvert({ format: "s16" }));
}

/** Noise in bursts of half a second, so that the detector has something to decide. */
export function makeInput(seconds = SECONDS) {
  const data = new Int16Array(2 * RATE * seconds);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const isLoud = Math.floor(i / RATE) % 2 === 0;
    data[i] = ((state >>> 16) - 32768) * (isLoud ? 0.3 : 0.001);
  }
  return audioFrame({ format: "s16", sampleRate: RATE, numberOfChannels: 2, data });
}

/** Refuses a result that is not the whole job: a benchmark of half the work would be fast. */
export function check(outputs) {
  const frames = outputs.filter(({ kind }) => kind === "audio");
  const total = frames.reduce((sum, frame) => sum + frame.numberOfFrames, 0);
  const isRight = frames.every(({ format, sampleRate, data }) => format === "s16" && sampleRate === 16_000 && data instanceof Int16Array);
  if (!isRight || total !== OUTPUT_FRAMES) throw new Error(`expected ${OUTPUT_FRAMES} samples of s16 at 16 kHz, got ${total}`);
}
