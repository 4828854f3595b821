// A live session: frames go in as they come, results come out as they are ready, until it is closed.
//   node examples/live-session.mjs
import { Pipeline, vad } from "remotemedia";

const sampleRate = 16_000;
const pipeline = new Pipeline("listen").add(vad()).outputs("vad.events");

const session = await pipeline.open();
const listening = (async () => {
  for await (const { name, timestamp } of session.output()) console.log(`${(timestamp / 1e6).toFixed(2)} s  ${name}`);
})();

// A microphone would push 20 ms at a time; here two seconds of hum stand between two of silence.
for (let frame = 0; frame < 300; frame++) {
  const isLoud = frame >= 100 && frame < 200;
  const samples = Float32Array.from({ length: sampleRate / 50 }, (_, i) => (isLoud ? 0.3 * Math.sin(i / 20) : 0));
  await session.push({ samples, sampleRate });
}
await session.close();
await listening;
