/** Five audio nodes on live audio of 20 ms: what a voice agent does to its microphone. */
import { audioFrame, formatConvert, gain, Pipeline, remix, resample, vad } from "../../../packages/remotemedia/dist/index.js";

const RATE = 48_000;
export const FRAMES_PER_SECOND = 50;

/** Opens the chain and gives a function that pushes one frame of 20 ms through it; its outputs are borrowed, read and dropped. */
export async function openChain() {
  const pipeline = new Pipeline("live")
    .add(remix({ channels: 1 }))
    .add(resample({ sampleRate: 16_000 }))
    .add(gain({ factor: 0.5 }))
    .add(vad())
    .add(formatConvert({ format: "s16" }));
  const session = await pipeline.open();
  let received = 0;
  const drained = (async () => {
    for await (const _ of session.output("format-convert", { borrow: true })) received++;
  })();
  const samples = noise();
  return {
    push: (index) => session.push(frameAt(samples, index)),
    received: () => received,
    async close() {
      await session.close();
      await drained;
    },
  };
}

/** The frame itself is the user's garbage and is counted with the rest: who captures audio makes frames. */
const frameAt = (data, index) => audioFrame({ format: "s16", sampleRate: RATE, numberOfChannels: 2, timestamp: index * 20_000, data });

function noise() {
  let state = 1;
  return Int16Array.from({ length: (2 * RATE) / FRAMES_PER_SECOND }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) - 32768) * 0.3;
  });
}
