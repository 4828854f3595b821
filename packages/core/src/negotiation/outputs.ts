/** The formats of a node's outputs, as far as its declaration, its parameters and its inputs fix them. */

import {
  type AudioConstraint,
  type AudioFormat,
  alternativesOf,
  type Choice,
  type MediaConstraint,
  type MediaFormat,
  type OutputPort,
  type VideoConstraint,
} from "../frame/media.ts";
import type { GraphNode } from "../graph/graph.ts";

/** By port; ports whose format is known only when the first frame comes are left out. */
export function outputFormats(
  node: GraphNode,
  inputs: Readonly<Record<string, MediaFormat>>,
  said: Readonly<Record<string, MediaFormat>>,
): Readonly<Record<string, MediaFormat>> {
  const known = Object.entries(node.outputs).map(([port, output]) => [port, said[port] ?? declaredFormat(output, inputs)] as const);
  return Object.fromEntries(known.filter((entry): entry is readonly [string, MediaFormat] => entry[1] !== undefined));
}

function declaredFormat(output: OutputPort, inputs: Readonly<Record<string, MediaFormat>>): MediaFormat | undefined {
  if (!("sameAs" in output)) {
    const alternatives = alternativesOf(output);
    return alternatives.length === 1 ? fixed(alternatives[0] as MediaConstraint) : undefined;
  }
  const input = inputs[output.sameAs];
  return input?.kind === "audio" ? fixed({ ...input, ...output.but }) : input;
}

const single = <T>(choice: Choice<T> | undefined): choice is T & Choice<T> => choice !== undefined && typeof choice !== "object";

function fixed(constraint: MediaConstraint): MediaFormat | undefined {
  if (constraint.kind === "any") return undefined;
  if (constraint.kind === "audio") {
    const { format, sampleRate, numberOfChannels } = constraint as AudioConstraint;
    return single(format) && single(sampleRate) && single(numberOfChannels)
      ? ({ kind: "audio", format, sampleRate, numberOfChannels } as AudioFormat)
      : undefined;
  }
  if (constraint.kind === "video") {
    const { format, codedWidth, codedHeight } = constraint as VideoConstraint;
    return single(format) && single(codedWidth) && single(codedHeight)
      ? ({ kind: "video", format, codedWidth, codedHeight } as MediaFormat)
      : undefined;
  }
  return constraint;
}
