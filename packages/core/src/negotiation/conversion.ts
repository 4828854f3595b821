/** Which converters lead from one format to what a port accepts. They are nodes of the registry, by name. */
import type { JsonValue } from "../frame/frame.ts";
import {
  type AudioConstraint,
  type AudioFormat,
  allows,
  alternativesOf,
  type Choice,
  fits,
  type MediaConstraint,
  type MediaFormat,
  type Port,
} from "../frame/media.ts";

/** A converter to put on an edge. */
export interface ConversionStep {
  readonly type: "format-convert" | "remix" | "resample";
  readonly params: { readonly [key: string]: JsonValue };
}

/** How an edge gets from what is given to what is wanted. */
export interface Conversion {
  readonly steps: readonly ConversionStep[];
  /** What the consumer gets. */
  readonly format: MediaFormat;
}

/** The shortest conversion, none (no steps) where the format fits as it is, or undefined where there is no way. */
export function planConversion(from: MediaFormat, to: Port): Conversion | undefined {
  const alternatives = alternativesOf(to);
  if (alternatives.some((constraint) => fits(from, constraint))) return { steps: [], format: from };
  const plans = alternatives.map((constraint) => planAudio(from, constraint)).filter((plan) => plan !== undefined);
  return plans.sort((a, b) => a.steps.length - b.steps.length)[0];
}

function planAudio(from: MediaFormat, to: MediaConstraint): Conversion | undefined {
  if (from.kind !== "audio" || to.kind !== "audio") return undefined;
  const format = closest(from, to);
  return { steps: stepsBetween(from, format), format };
}

/** The format that a constraint allows and that needs the least change. */
function closest(from: AudioFormat, to: AudioConstraint): AudioFormat {
  return {
    kind: "audio",
    format: pick(from.format, to.format),
    sampleRate: pick(from.sampleRate, to.sampleRate),
    numberOfChannels: pick(from.numberOfChannels, to.numberOfChannels),
  };
}

function pick<T extends string | number>(value: T, given: unknown): T {
  const choice = given as Choice<string | number> | undefined;
  if (choice === undefined || allows(choice, value)) return value;
  if (Array.isArray(choice)) return choice[0] as T;
  if (typeof choice !== "object") return choice as T;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = choice as { min?: number; max?: number };
  return Math.min(Math.max(value as number, min), max) as T;
}

/** Fewer channels before resampling, more after it: the resampler works on as few as possible, in the canonical format. */
function stepsBetween(from: AudioFormat, to: AudioFormat): readonly ConversionStep[] {
  const resamples = from.sampleRate !== to.sampleRate;
  const remixes = from.numberOfChannels !== to.numberOfChannels;
  const resample: ConversionStep = { type: "resample", params: { sample_rate: to.sampleRate } };
  const remix: ConversionStep = { type: "remix", params: { channels: to.numberOfChannels } };
  const middle = [...(resamples ? [resample] : [])];
  if (remixes) to.numberOfChannels < from.numberOfChannels ? middle.unshift(remix) : middle.push(remix);
  const convert = (format: string): ConversionStep => ({ type: "format-convert", params: { format } });
  if (middle.length === 0) return [convert(to.format)];
  return [
    ...(from.format === "f32-planar" ? [] : [convert("f32-planar")]),
    ...middle,
    ...(to.format === "f32-planar" ? [] : [convert(to.format)]),
  ];
}
