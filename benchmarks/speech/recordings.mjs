/** Recorded speech with transcripts, from Debian packages: nothing of it is in this repository. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { loadKernels } from "../../packages/kernels/dist/index.js";

const LIBRIVOX = "/usr/share/pocketsphinx/test/data/librivox/transcription";
const PROMPTS = "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz";
const PROMPT_SOUNDS = "/usr/share/asterisk/sounds/en_US_f_Allison";
const RATE = 16_000;

/** Each corpus: `{name, debianPackages, recordings: [{samples, text}]}`, or `skipped` with the reason. */
export async function corpora() {
  return [
    await corpus("LibriVox excerpts, 16 kHz", ["pocketsphinx-testdata"], librivox),
    await corpus("Asterisk prompts, 8 kHz", ["asterisk-core-sounds-en", "asterisk-core-sounds-en-wav"], () => prompts(60)),
  ];
}

async function corpus(name, debianPackages, entries) {
  if (![LIBRIVOX, PROMPTS].every((path) => existsSync(path))) return { name, skipped: `needs Debian's ${debianPackages.join(", ")}` };
  return { name, recordings: await Promise.all(entries().map(async ({ path, text }) => ({ text, samples: await readAt16kHz(path) }))) };
}

const librivox = () =>
  lines(readFileSync(LIBRIVOX, "utf8")).map((line) => {
    const [, text, id] = /^(.*) \((.*)\)$/.exec(line);
    return { text: text.replace(/<\/?s>/g, ""), path: join(dirname(LIBRIVOX), `${basename(id)}.wav`) };
  });

/** Spread over the whole list; only prompts of three words and more, whose text says nothing but what is heard. */
function prompts(count) {
  const all = lines(gunzipSync(readFileSync(PROMPTS)).toString("latin1"))
    .map((line) => /^([\w/-]+): ([A-Za-z',.?! -]+)$/.exec(line))
    .filter((match) => match && match[2].trim().split(/\s+/).length >= 3)
    .map(([, name, text]) => ({ text, path: join(PROMPT_SOUNDS, `${name}.wav`) }))
    .filter(({ path }) => existsSync(path));
  return Array.from({ length: count }, (_, n) => all[Math.floor((n * all.length) / count)]);
}

const lines = (text) => text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith(";"));

async function readAt16kHz(path) {
  const bytes = readFileSync(path);
  const from = bytes.indexOf("data") + 8;
  const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + bytes.length - ((bytes.length - from) % 2)));
  const samples = Float32Array.from(pcm, (sample) => sample / 32_768);
  const rate = bytes.readUInt32LE(bytes.indexOf("fmt ") + 12);
  if (rate === RATE) return samples;
  const { wasm, js } = await loadKernels();
  const resampler = (wasm ?? js).createResampler({ inputRate: rate, outputRate: RATE, channels: 1, quality: "high", latency: "batch" });
  const head = new Float32Array(resampler.outputFrames(samples.length));
  resampler.process(samples, samples.length, head);
  const tail = new Float32Array(resampler.flushFrames());
  resampler.flush(tail);
  resampler.close();
  return Float32Array.from([...head, ...tail]);
}
