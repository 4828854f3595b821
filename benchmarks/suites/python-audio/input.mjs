import { writeFileSync } from "node:fs";

const RATE = 44_100;
const SECONDS = 10;

/** Ten seconds of stereo as float32, one channel after the other: noise, loud and soft by turns of a second. */
export function writeInput(path) {
  const samples = new Float32Array(2 * SECONDS * RATE);
  let state = 1;
  for (let index = 0; index < samples.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const isLoud = Math.floor((index % (SECONDS * RATE)) / RATE) % 2 === 0;
    samples[index] = ((state >>> 8) / 2 ** 23 - 1) * (isLoud ? 0.4 : 0.001);
  }
  writeFileSync(path, samples);
}
