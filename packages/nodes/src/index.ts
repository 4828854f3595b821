export { formatConvert } from "./audio/format-convert.ts";
export { gain } from "./audio/gain.ts";
export { level } from "./audio/level.ts";
export { remix } from "./audio/remix.ts";
export { resample } from "./audio/resample.ts";
export { vad } from "./audio/vad.ts";
export { builtInNodes } from "./built-in-nodes.ts";
