/** `session.mjs BYTES`: a live session of one Python node, as a user has it. What comes out is read as a next node would get it: not copied once more. */
import { python } from "../../../packages/python/dist/index.js";
import { audioFrame, nodejsHost, Pipeline } from "../../../packages/remotemedia/dist/index.js";
import { servePasses } from "../../lib/serve-passes.mjs";
import { check, PYTHON, RATE, script, sound } from "./sound.mjs";

const data = sound();
const frame = audioFrame({ sampleRate: RATE, data });
const halve = python({ class: `${script("halve.py")}:Halve`, python: PYTHON });
const session = await new Pipeline("round trip", nodejsHost).add(halve).open();
const output = session.output("python", { borrow: true });

await servePasses({}, async () => {
  session.push(frame);
  const { value } = await output.next();
  check(value.data, data);
});
await session.close();
process.exit();
