// What a page plays, and whether it is what its microphone heard.
import { readFileSync } from "node:fs";

const rate = 16_000;
const headerBytes = 44;

/** RMS of each 10 ms of samples at 16 kHz. */
export function loudness(samples) {
  const length = rate / 100;
  return Array.from({ length: Math.floor(samples.length / length) }, (_, i) =>
    Math.sqrt(samples.subarray(i * length, (i + 1) * length).reduce((sum, sample) => sum + sample * sample, 0) / length),
  );
}

/** The loudness of a recording: 16 kHz, mono, s16. */
export function loudnessOfFile(path) {
  const { buffer } = Uint8Array.from(readFileSync(path).subarray(headerBytes));
  return loudness(Float32Array.from(new Int16Array(buffer), (sample) => sample / 32_768));
}

/** How alike a piece and the best fitting place of a loop are, 0 to 1: the highest correlation of their loudness. */
export function likeness(piece, loop) {
  let best = 0;
  for (let shift = 0; shift < loop.length; shift++) {
    best = Math.max(
      best,
      correlation(
        piece,
        piece.map((_, i) => loop[(shift + i) % loop.length]),
      ),
    );
  }
  return best;
}

function correlation(a, b) {
  const centered = (values) => values.map((value) => value - values.reduce((sum, other) => sum + other, 0) / values.length);
  const [x, y] = [centered(a), centered(b)];
  const product = (left, right) => left.reduce((sum, value, i) => sum + value * right[i], 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

/** What an audio or video element plays for so long, at 16 kHz. */
export async function hear(page, selector, seconds) {
  const samples = await page.$eval(
    selector,
    async ({ srcObject }, length) => {
      const context = new AudioContext({ sampleRate: 16_000 });
      await context.resume();
      const processor = context.createScriptProcessor(4096, 1, 1);
      const heard = [];
      await new Promise((resolve) => {
        processor.onaudioprocess = ({ inputBuffer }) => {
          heard.push(...inputBuffer.getChannelData(0));
          if (heard.length >= length) resolve();
        };
        context.createMediaStreamSource(srcObject).connect(processor).connect(context.destination);
      });
      await context.close();
      return heard.map((sample) => Math.round(sample * 32_768));
    },
    seconds * rate,
  );
  return Float32Array.from(samples, (sample) => sample / 32_768);
}
