// A node of one's own: declared once, it has typed parameters, a schema, and a name that manifests can use.
//   node examples/own-node.mjs in.wav out.wav
import { audio, defineNode, Pipeline, registerNode, sameAs } from "remotemedia";

const halve = defineNode({
  type: "halve",
  description: "Makes audio softer.",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in") },
  params: { type: "object", properties: { factor: { type: "number", default: 0.5 } } },
  create: ({ factor }) => ({
    process(frame, _port, out) {
      const own = frame.writable();
      for (let i = 0; i < own.data.length; i++) own.data[i] *= factor;
      return out.emit("out", own);
    },
  }),
});
registerNode(halve);

const [, , input, output] = process.argv;
await Pipeline.fromManifest(`file-source path="${input}" ! halve factor=0.25 ! file-sink path="${output}"`).run();
console.log(`${output} is written`);
