/** What must not compile, and what must: checked with the types of the tests, never run. */
import { audio, defineNode, type Frame, fileSource, json, jsonFrame, Pipeline, resample, sameAs, vad } from "remotemedia";

const pipeline = new Pipeline("types")
  .add(fileSource({ path: "in.wav" }))
  .add(resample({ sampleRate: 16_000 }))
  .add(vad())
  .map((frame) => (frame.kind === "audio" ? frame : undefined), "sound")
  .map(async (frame) => frame)
  .map(async function* (frames: AsyncIterable<Frame>) {
    for await (const frame of frames) yield frame;
  });

pipeline.connect(pipeline.node("vad").out("events"), pipeline.node("sound").in());
// @ts-expect-error vad has no such port
pipeline.node("vad").out("event");
// @ts-expect-error there is no such node
pipeline.node("sounds");
// @ts-expect-error the parameter is sampleRate
resample({ sampleRates: 16_000 });
// @ts-expect-error sampleRate is required
resample();
// @ts-expect-error a rate is a number
resample({ sampleRate: "16000" });

export const counter = defineNode({
  type: "counter",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in"), count: json() },
  params: { type: "object", properties: { start_at: { type: "integer", default: 0 }, label: { type: "string" } } },
  create: ({ startAt, label }) => {
    const first: number = startAt;
    const name: string | undefined = label;
    return {
      process(frame, _port, out) {
        const samples: Float32Array = frame.data;
        // @ts-expect-error counter declares no such output
        void out.emit("counts", jsonFrame(first));
        return out.emit("count", jsonFrame(`${name} ${first + samples.length}`));
      },
    };
  },
});
counter();
counter({ startAt: 1 });
