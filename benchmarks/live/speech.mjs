import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MEDIA = fileURLToPath(new URL("../../examples/media/", import.meta.url));
const HEADER_BYTES = 44;

/** Rate of {@link readSpeech}, Hz. */
export const SPEECH_RATE = 16_000;

/** The recordings of `examples/media`, one after another: mono f32 at 16 kHz, some 15 s. */
export function readSpeech() {
  const files = readdirSync(MEDIA)
    .filter((name) => name.endsWith(".wav"))
    .sort();
  const parts = files.map((name) => {
    const bytes = readFileSync(MEDIA + name);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset + HEADER_BYTES, bytes.byteOffset + bytes.length - (bytes.length % 2)));
  });
  return Float32Array.from(
    parts.flatMap((part) => [...part]),
    (sample) => sample / 32_768,
  );
}

/** Speech at 48 kHz, as a decoder gives it to a pipeline; interpolated, which is enough for something to compute on. */
export function readSpeech48() {
  const speech = readSpeech();
  return Float32Array.from({ length: 3 * (speech.length - 1) }, (_, i) => {
    const at = Math.floor(i / 3);
    return speech[at] + ((speech[at + 1] - speech[at]) * (i % 3)) / 3;
  });
}
