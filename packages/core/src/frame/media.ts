/** What ports accept (constraints) and what edges agree on (formats). */

import type { SampleFormat } from "../node/kernels.ts";
import type { AudioFrame, EncodedFrame, Frame, FrameKind, PixelFormat, VideoFrame } from "./frame.ts";

/** A bounded number. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** A value, one of several, or (numbers) a range; the first of several is preferred. Left out: anything. */
export type Choice<T> = T | readonly T[] | (T extends number ? Range : never);

/** Audio that a port accepts or gives. */
export interface AudioConstraint {
  readonly kind: "audio";
  readonly format?: Choice<SampleFormat>;
  readonly sampleRate?: Choice<number>;
  readonly numberOfChannels?: Choice<number>;
}

/** Video that a port accepts or gives. */
export interface VideoConstraint {
  readonly kind: "video";
  readonly format?: Choice<PixelFormat>;
  readonly codedWidth?: Choice<number>;
  readonly codedHeight?: Choice<number>;
}

/** Frames of a kind without a format of their own. */
export interface PlainConstraint {
  readonly kind: Exclude<FrameKind, "audio" | "video">;
}

/** Frames of every kind. */
export interface AnyConstraint {
  readonly kind: "any";
}

/** What one port accepts or gives. */
export type MediaConstraint = AudioConstraint | VideoConstraint | PlainConstraint | AnyConstraint;

/** An output that has the format of an input, but for what is named. */
export interface SameAs {
  readonly sameAs: string;
  readonly but?: Partial<Omit<AudioConstraint, "kind">>;
}

/** A port: one constraint, or alternatives. */
export type Port = MediaConstraint | readonly MediaConstraint[];
/** An output port may also follow an input. */
export type OutputPort = Port | SameAs;

/** Audio; a string is the sample format. @example audio({ format: "f32-planar", sampleRate: 16_000, numberOfChannels: 1 }) */
export function audio<const F extends SampleFormat>(format: F): { readonly kind: "audio"; readonly format: F };
export function audio<const C extends Omit<AudioConstraint, "kind">>(constraint?: C): { readonly kind: "audio" } & C;
export function audio(constraint: SampleFormat | Omit<AudioConstraint, "kind"> = {}): AudioConstraint {
  return typeof constraint === "string" ? { kind: "audio", format: constraint } : { kind: "audio", ...constraint };
}
/** Video. @example video({ format: "I420" }) */
export const video = <const C extends Omit<VideoConstraint, "kind">>(constraint?: C) =>
  ({ kind: "video", ...constraint }) as { readonly kind: "video" } & C;
/** Text frames. */
export const text = () => ({ kind: "text" }) as const;
/** JSON frames. */
export const json = () => ({ kind: "json" }) as const;
/** Event frames. */
export const event = () => ({ kind: "event" }) as const;
/** Tensor frames. */
export const tensor = () => ({ kind: "tensor" }) as const;
/** Frames of bytes. */
export const binary = () => ({ kind: "binary" }) as const;
/** Encoded audio. */
export const encodedAudio = () => ({ kind: "encoded-audio" }) as const;
/** Encoded video. */
export const encodedVideo = () => ({ kind: "encoded-video" }) as const;
/** Frames of every kind. */
export const any = () => ({ kind: "any" }) as const;
/** An output in the format of an input. @example sameAs("in", { sampleRate: 16_000 }) */
export const sameAs = (input: string, but?: SameAs["but"]): SameAs => (but === undefined ? { sameAs: input } : { sameAs: input, but });

/** The audio format of an edge, all of it known. */
export interface AudioFormat {
  readonly kind: "audio";
  readonly format: SampleFormat;
  /** Hz. */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
}

/** The video format of an edge. */
export interface VideoFormat {
  readonly kind: "video";
  readonly format: PixelFormat;
  readonly codedWidth: number;
  readonly codedHeight: number;
}

/** What an edge carries: what negotiation agrees on. */
export type MediaFormat = AudioFormat | VideoFormat | { readonly kind: Exclude<FrameKind, "audio" | "video"> };

/** Audio frames in the canonical format. */
export type PlanarFrame = AudioFrame & { readonly format: "f32-planar"; readonly data: Float32Array };

/** The frames that a port gives to `process`. */
export type FrameOf<P> = P extends readonly (infer Alternative)[]
  ? FrameOf<Alternative>
  : P extends { readonly kind: "audio"; readonly format: "f32-planar" }
    ? PlanarFrame
    : P extends { readonly kind: "encoded-audio" | "encoded-video" }
      ? EncodedFrame
      : P extends { readonly kind: infer K extends FrameKind }
        ? Extract<Frame, { readonly kind: K }>
        : Frame;

/** The format of a frame. */
export function formatOf(frame: Frame): MediaFormat {
  if (frame.kind === "audio") {
    const { format, sampleRate, numberOfChannels } = frame;
    return { kind: "audio", format, sampleRate, numberOfChannels };
  }
  if (frame.kind === "video") {
    const { format, codedWidth, codedHeight } = frame;
    return { kind: "video", format, codedWidth, codedHeight };
  }
  return { kind: frame.kind };
}

/** Whether a frame has a format: the check that every frame passes on every edge, so it makes nothing. */
export function hasFormat(frame: Frame, format: MediaFormat): boolean {
  if (frame.kind !== format.kind) return false;
  if (frame.kind === "audio") {
    const audioFormat = format as AudioFormat;
    return (
      frame.sampleRate === audioFormat.sampleRate &&
      frame.numberOfChannels === audioFormat.numberOfChannels &&
      frame.format === audioFormat.format
    );
  }
  return frame.kind !== "video" || isSameVideo(frame, format as VideoFormat);
}

const isSameVideo = (frame: VideoFrame, format: VideoFormat): boolean =>
  frame.format === format.format && frame.codedWidth === format.codedWidth && frame.codedHeight === format.codedHeight;

/** The alternatives of a port. */
export const alternativesOf = (port: Port): readonly MediaConstraint[] => (Array.isArray(port) ? port : [port as MediaConstraint]);

/** Whether a known format fits a constraint. */
export function fits(format: MediaFormat, constraint: MediaConstraint): boolean {
  if (constraint.kind === "any") return true;
  if (constraint.kind !== format.kind) return false;
  const wanted = constraint as unknown as Record<string, Choice<string | number> | undefined>;
  const given = format as unknown as Record<string, string | number>;
  return Object.keys(wanted).every((key) => key === "kind" || wanted[key] === undefined || allows(wanted[key], given[key]));
}

/** Whether a choice leaves a value open. */
export function allows(choice: Choice<string | number>, value: string | number | undefined): boolean {
  if (Array.isArray(choice)) return choice.includes(value as never);
  if (typeof choice === "object")
    return typeof value === "number" && value >= ((choice as Range).min ?? -Infinity) && value <= ((choice as Range).max ?? Infinity);
  return choice === value;
}

/** A constraint in words: `audio f32-planar 16000 Hz, 1 channel`. */
export function describeConstraint(constraint: MediaConstraint | MediaFormat): string {
  if (constraint.kind === "audio") {
    const { format, sampleRate, numberOfChannels } = constraint;
    const channels = numberOfChannels === undefined ? undefined : `${describeChoice(numberOfChannels)} ch`;
    return ["audio", describeChoice(format), sampleRate === undefined ? undefined : `${describeChoice(sampleRate)} Hz`, channels]
      .filter(Boolean)
      .join(" ");
  }
  if (constraint.kind === "video") {
    const { format, codedWidth, codedHeight } = constraint;
    const size =
      codedWidth === undefined && codedHeight === undefined
        ? undefined
        : `${describeChoice(codedWidth) ?? "?"}×${describeChoice(codedHeight) ?? "?"}`;
    return ["video", describeChoice(format), size].filter(Boolean).join(" ");
  }
  return constraint.kind;
}

/** A whole port in words. */
export const describePort = (port: Port): string => alternativesOf(port).map(describeConstraint).join(" or ");

function describeChoice(choice: Choice<string | number> | undefined): string | undefined {
  if (choice === undefined) return undefined;
  if (Array.isArray(choice)) return choice.join("|");
  if (typeof choice === "object") return `${(choice as Range).min ?? ""}…${(choice as Range).max ?? ""}`;
  return String(choice);
}
