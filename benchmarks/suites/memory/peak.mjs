/** The ten-second job once, and the peak of the resident memory of the process, in KiB. */
import { readFileSync } from "node:fs";
import { check, makeFrame, makeSamples, preprocess, SECONDS } from "../pipeline/job.mjs";

const { outputs } = await preprocess().run(makeFrame(makeSamples(SECONDS)));
check(Object.values(outputs).flat());
// Not resourceUsage().maxRSS: it keeps the size of the parent from before exec.
const peakKib = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
console.log(JSON.stringify({ peakKib }));
