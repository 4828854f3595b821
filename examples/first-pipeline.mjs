// The five lines of a first pipeline: read, resample, keep only speech, write.
//   node examples/first-pipeline.mjs in.wav out.wav
import { fileSink, fileSource, Pipeline, resample, vad } from "remotemedia";

const [, , input, output] = process.argv;
const clean = new Pipeline("clean")
  .add(fileSource({ path: input }))
  .add(resample({ sampleRate: 16_000 }))
  .add(vad({ segments: true }))
  .add(fileSink({ path: output }));
const { metrics } = await clean.run();

console.log(`${metrics.total_executions} calls in ${metrics.total_duration_ms.toFixed(0)} ms`);
