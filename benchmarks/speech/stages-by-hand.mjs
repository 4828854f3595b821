/** The agent's stages called one after the other, without a pipeline between them; prints one line of JSON. */
import { Pipeline } from "../../packages/remotemedia/dist/index.js";
import { moonshineAsr, synthesize } from "../../packages/speech/dist/index.js";

const QUESTIONS = ["What time is it?", "Can you help me?", "Thank you very much.", "What day is it today?", "Tell me who you are."];
const rounds = Number(process.argv[2]);
const utterances = await Promise.all(QUESTIONS.map((text) => synthesize(text, { voice: "rms" })));
const recognize = async ({ samples, sampleRate }) => {
  const { outputs } = await new Pipeline("asr").add(moonshineAsr(), "asr").run({ samples, sampleRate });
  return outputs.asr.filter(({ final }) => final).at(-1).text;
};
await recognize(utterances[0]);
const times = [];
for (let i = 0; i < rounds; i++) {
  const startMs = performance.now();
  const text = await recognize(utterances[i % utterances.length]);
  const asrMs = performance.now() - startMs;
  await synthesize(`You said: ${text.split(" ").slice(0, 4).join(" ")}.`);
  times.push({ asrMs, ttsMs: performance.now() - startMs - asrMs });
}
console.log(JSON.stringify(times));
process.exit(0);
