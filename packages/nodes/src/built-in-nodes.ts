import { formatConvert } from "./audio/format-convert.ts";
import { gain } from "./audio/gain.ts";
import { level } from "./audio/level.ts";
import { remix } from "./audio/remix.ts";
import { resample } from "./audio/resample.ts";
import { vad } from "./audio/vad.ts";

/** Every built-in node that runs everywhere. @example new Registry(builtInNodes) */
export const builtInNodes = [resample, remix, formatConvert, gain, level, vad] as const;
