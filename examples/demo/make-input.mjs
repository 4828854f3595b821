// The demo's input: three recordings with pauses, 48 kHz, stereo. On the right there is also a tone of 12 kHz, and noise.
//   node examples/demo/make-input.mjs FILE
import { renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { audioFrame, callbackSource, fileSink, fileSource, formatConvert, Pipeline, resample } from "remotemedia";

const sampleRate = 48_000;
/** At 16 kHz it would turn up at 4 kHz. */
const tone = { frequency: 12_000, amplitude: 0.1 };
const media = new URL("../media/", import.meta.url);
const recordings = ["0870", "0880", "0890"].map((part) =>
  fileURLToPath(new URL(`sense_and_sensibility_01_austen_64kb-${part}.wav`, media)),
);
const pause = new Float32Array(1.5 * sampleRate);

// Written beside and renamed: an interrupted run must not leave half of it to the next one.
const path = process.argv[2];
await new Pipeline("demo-input")
  .add(callbackSource(stereo()))
  .add(fileSink({ path: `${path}.part` }))
  .run();
renameSync(`${path}.part`, path);

async function* stereo() {
  const random = randomNumbers(1);
  let position = 0;
  for await (const speech of speechAndPauses()) {
    const data = new Float32Array(2 * speech.length);
    data.set(speech);
    for (let i = 0; i < speech.length; i++) {
      const sine = tone.amplitude * Math.sin(2 * Math.PI * tone.frequency * ((position + i) / sampleRate));
      data[speech.length + i] = speech[i] + sine + 0.004 * random();
    }
    const timestamp = Math.round((position * 1e6) / sampleRate);
    position += speech.length;
    yield audioFrame({ data, sampleRate, numberOfChannels: 2, timestamp });
  }
}

async function* speechAndPauses() {
  yield pause;
  for (const path of recordings) {
    const read = new Pipeline("read")
      .add(fileSource({ path }))
      .add(resample({ sampleRate }))
      .add(formatConvert({ format: "f32-planar" }));
    for await (const { data } of read.stream()) yield data;
    yield pause;
  }
}

/** Even in −1 … 1, the same each time (Lehmer's generator). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (2 * state) / 2_147_483_647 - 1;
  };
}
