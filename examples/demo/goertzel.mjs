// How loud one frequency is in a file: Goertzel's recurrence (1958) over all of it, so that the bin is as narrow as the file is long.
import { fileSource, formatConvert, Pipeline } from "remotemedia";

/** @returns level of a sine of this frequency in a channel, dB; 0 dB is a sine of full scale */
export async function levelOfTone(path, frequency, channel) {
  const pipeline = new Pipeline("measure").add(fileSource({ path })).add(formatConvert({ format: "f32-planar" }));
  let [s1, s2, count, step] = [0, 0, 0, 0];
  for await (const { data, numberOfFrames, sampleRate } of pipeline.stream()) {
    step = (2 * Math.PI * frequency) / sampleRate;
    const coefficient = 2 * Math.cos(step);
    for (let i = 0; i < numberOfFrames; i++) [s1, s2] = [data[channel * numberOfFrames + i] + coefficient * s1 - s2, s1];
    count += numberOfFrames;
  }
  const power = s1 * s1 + s2 * s2 - 2 * Math.cos(step) * s1 * s2;
  return 20 * Math.log10(Math.max((2 * Math.sqrt(Math.max(power, 0))) / count, 1e-9));
}
