/** What comes from outside a session: plain values become frames, and frames enter the graph like those of any source. */
import { defineNode } from "../define-node.ts";
import { audioFrame, binaryFrame, type Frame, isFrame, jsonFrame, type JsonValue, textFrame } from "../frame.ts";
import type { GraphNode, PortRef } from "../graph/graph.ts";
import type { SampleArray } from "../kernels.ts";
import { any } from "../media.ts";
import type { NodeExecutor, Output } from "../node.ts";
import type { Entry } from "./engine.ts";

/** Audio samples as users have them: planar, the planes of all channels one after another. */
export interface Samples {
  readonly samples: SampleArray;
  /** Hz. */
  readonly sampleRate: number;
  /** Default 1. */
  readonly numberOfChannels?: number;
}

/** One thing that can be given to a pipeline: a frame, a string (text), bytes, samples, or any JSON value. */
export type InputValue = Frame | string | Uint8Array | Samples | JsonValue;

/** What a run can be given: one value, or a list of them that may also come over time. */
export type Input = InputValue | Iterable<InputValue> | AsyncIterable<InputValue>;

/** A value as a frame. */
export function toFrame(value: InputValue): Frame {
  if (isFrame(value)) return value;
  if (typeof value === "string") return textFrame(value);
  if (value instanceof Uint8Array) return binaryFrame(value);
  if (isSamples(value)) return audioFrame({ data: value.samples, sampleRate: value.sampleRate, numberOfChannels: value.numberOfChannels ?? 1, format: planarFormatOf(value.samples) });
  return jsonFrame(value as JsonValue);
}

const planarFormatOf = (samples: SampleArray) => (samples instanceof Int16Array ? "s16-planar" : samples instanceof Int32Array ? "s32" : "f32-planar");

const isSamples = (value: object | InputValue): value is Samples => typeof value === "object" && value !== null && ArrayBuffer.isView((value as Samples).samples) && "sampleRate" in value;

/** An input as frames, one by one; what is at hand is given without waiting. */
export function framesOf(input: Input): Iterable<Frame> | AsyncIterable<Frame> {
  const isOne = typeof input !== "object" || input === null || isFrame(input) || ArrayBuffer.isView(input);
  if (isOne) return framesAtHand([input as InputValue]);
  if (Symbol.asyncIterator in input) return framesOverTime(input);
  return Symbol.iterator in input ? framesAtHand(input as Iterable<InputValue>) : [toFrame(input as InputValue)];
}

// The frames stay the user's: the executor stamps headers of its own.
function* framesAtHand(values: Iterable<InputValue>): Generator<Frame> {
  for (const value of values) yield isFrame(value) ? value.share() : toFrame(value);
}

async function* framesOverTime(values: AsyncIterable<InputValue>): AsyncGenerator<Frame> {
  for await (const value of values) yield isFrame(value) ? value.share() : toFrame(value);
}

const definitionFor = (executor: NodeExecutor) => defineNode({ type: "input", description: "What comes from outside.", outputs: { out: any() }, create: () => executor }).definition;

/** An entry that a producer of frames feeds. */
export function entryFrom(id: string, to: readonly PortRef[], produce: NonNullable<NodeExecutor["produce"]>): Entry {
  const definition = definitionFor({ produce });
  const node: GraphNode = { id, definition, params: {}, inputs: {}, outputs: definition.outputs, keepStale: new Set(), onError: {}, runtimeHint: "auto", failsWithoutRuntime: false };
  return { node, to };
}

/** An entry that users push into. */
export function pushEntry(id: string, to: PortRef): { readonly entry: Entry; push(frame: Frame): void | Promise<void> } {
  let out: Output | undefined;
  const entry = entryFrom(id, [to], (given) => {
    out = given;
  });
  // Users may push a frame again, or read it later: the executor gets a header of its own to stamp.
  return { entry, push: (frame) => out?.emit("out", frame.share()) };
}
