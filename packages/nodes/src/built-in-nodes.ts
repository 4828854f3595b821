import { audioTransform } from "./audio/audio-transform.ts";
import { chunk } from "./audio/chunk.ts";
import { delay } from "./audio/delay.ts";
import { formatConvert } from "./audio/format-convert.ts";
import { gain } from "./audio/gain.ts";
import { level } from "./audio/level.ts";
import { remix } from "./audio/remix.ts";
import { resample } from "./audio/resample.ts";
import { vad } from "./audio/vad.ts";
import { earlierNodes } from "./earlier/aliases.ts";
import { calculate } from "./flow/calculate.ts";
import { passThrough } from "./flow/pass-through.ts";
import { select } from "./flow/select.ts";
import { noise } from "./io/noise.ts";
import { silence } from "./io/silence.ts";
import { tone } from "./io/tone.ts";
import { template } from "./text/template.ts";

const audioNodes = [resample, remix, formatConvert, gain, level, vad, chunk, delay, audioTransform] as const;
const otherNodes = [passThrough, select, calculate, template, tone, noise, silence] as const;

/** Every built-in node that runs everywhere, also under the names of the earlier SDK. @example new Registry(builtInNodes) */
export const builtInNodes = [...audioNodes, ...otherNodes, ...earlierNodes] as const;
