/** What comes from outside a session: plain values become frames, and frames enter the graph like those of any source. */

import { errors } from "../errors.ts";
import { binaryFrame, type Frame, isFrame, type JsonValue, jsonFrame, textFrame } from "../frame/frame.ts";
import { any, formatOf, type MediaFormat } from "../frame/media.ts";
import type { GraphNode, PortRef } from "../graph/graph.ts";
import { defineNode } from "../node/define-node.ts";
import type { NodeExecutor, Output } from "../node/node.ts";
import type { Entry } from "./engine.ts";
import { blocksOf, isSamples, type Samples, toAudioFrame } from "./samples.ts";

/** One thing that can be given to a pipeline: a frame, a string (text), bytes, samples, or any JSON value. */
export type InputValue = Frame | string | Uint8Array | Samples | JsonValue;

/** What a run can be given: one value, or a list of them that may also come over time. */
export type Input = InputValue | Iterable<InputValue> | AsyncIterable<InputValue>;

/** A value as a frame. */
export function toFrame(value: InputValue): Frame {
  if (isFrame(value)) return value;
  if (typeof value === "string") return textFrame(value);
  if (value instanceof Uint8Array) return binaryFrame(value);
  if (isSamples(value)) return toAudioFrame(value);
  if (value === undefined || typeof value === "function" || typeof value === "symbol")
    throw errors.usage({
      message: `${typeof value} cannot be given to a pipeline`,
      expected: "a frame, text, bytes, { samples, sampleRate }, or JSON",
    });
  const isHalfAudio = ArrayBuffer.isView(value) || (typeof value === "object" && value !== null && "samples" in value);
  if (isHalfAudio)
    throw errors.usage({
      message: "samples need a rate, and a typed array",
      expected: "{ samples: Float32Array | Int16Array | Int32Array, sampleRate, numberOfChannels?, format? }",
    });
  return jsonFrame(value as JsonValue);
}

/** An input as frames, one by one; what is at hand is given without waiting. Audio in one array comes in blocks. */
export function framesOf(input: Input): Iterable<Frame> | AsyncIterable<Frame> {
  const isOne = typeof input !== "object" || input === null || isFrame(input) || ArrayBuffer.isView(input);
  if (isOne) return framesAtHand([input as InputValue]);
  if (Symbol.asyncIterator in input) return framesOverTime(input);
  return framesAtHand(Symbol.iterator in input ? (input as Iterable<InputValue>) : [input as InputValue]);
}

function* framesAtHand(values: Iterable<InputValue>): Generator<Frame> {
  for (const value of values) yield* framesOfValue(value);
}

async function* framesOverTime(values: AsyncIterable<InputValue>): AsyncGenerator<Frame> {
  for await (const value of values) yield* framesOfValue(value);
}

// A user's frame stays the user's: the executor stamps a header of its own.
const framesOfValue = (value: InputValue): Iterable<Frame> =>
  isFrame(value) ? [value.share()] : isSamples(value) ? blocksOf(value) : [toFrame(value)];

const definitionFor = (executor: NodeExecutor) =>
  defineNode({ type: "input", description: "What comes from outside.", outputs: { out: any() }, create: () => executor }).definition;

/** The format of an input, where it can be seen without reading on. */
export const formatOfInput = (input: Input): MediaFormat | undefined =>
  isFrame(input) ? formatOf(input) : isSamples(input) ? formatOf(toAudioFrame(input)) : undefined;

/** An entry that a producer of frames feeds. `format`: what it will give, if that is known. */
export function entryFrom(id: string, to: readonly PortRef[], produce: NonNullable<NodeExecutor["produce"]>, format?: MediaFormat): Entry {
  const definition = definitionFor({ produce, ...(format !== undefined && { negotiate: () => ({ out: format }) }) });
  const node: GraphNode = {
    id,
    definition,
    params: {},
    inputs: {},
    outputs: definition.outputs,
    keepStale: new Set(),
    onError: {},
    runtimeHint: "auto",
    failsWithoutRuntime: false,
  };
  return { node, to };
}

/** An entry that users push into. */
export function pushEntry(
  id: string,
  to: PortRef,
  format?: MediaFormat,
): { readonly entry: Entry; push(frame: Frame): void | Promise<void> } {
  let out: Output | undefined;
  const entry = entryFrom(
    id,
    [to],
    (given) => {
      out = given;
    },
    format,
  );
  // Users may push a frame again, or read it later: the executor gets a header of its own to stamp.
  return { entry, push: (frame) => out?.emit("out", frame.share()) };
}
