import {
  any,
  defineNode,
  type Emission,
  type Frame,
  type NodeFactory,
  type NodeSpec,
  type Output,
  type ProcessResult,
} from "@remotemedia/core";

/** Where the frames of {@link callbackSource} come from: something to iterate over, or a function as `produce` is. */
export type FrameProducer = Iterable<Emission> | AsyncIterable<Emission> | ((out: Output) => ProcessResult);

/**
 * A source of frames out of your own code. It exists in this process only: a manifest of it fails with `not-serializable`.
 *
 * @param live whether the frames come in real time
 * @example new Pipeline().add(callbackSource(microphoneFrames())).add(vad())
 */
export function callbackSource(
  producer: FrameProducer,
  { live = false }: { readonly live?: boolean } = {},
): NodeSpec<"callback-source", never, "out"> {
  return inProcess(
    defineNode({
      type: "callback-source",
      description: "Frames out of your own code.",
      outputs: { out: any() },
      live,
      create: () => ({ produce: (out) => (typeof producer === "function" ? producer(out) : producer) }),
    }),
  );
}

/**
 * Calls your code with every frame; a promise that it gives holds the pipeline back. The frame is lent: `frame.detached()` keeps a copy.
 *
 * @example new Pipeline().add(tone()).add(callbackSink((frame) => console.log(frame.timestamp)))
 */
export function callbackSink(take: (frame: Frame) => unknown): NodeSpec<"callback-sink", "in", never> {
  return inProcess(
    defineNode({
      type: "callback-sink",
      description: "Your own code for every frame.",
      inputs: { in: any() },
      create: () => ({
        process(frame) {
          const answer = take(frame) as PromiseLike<unknown> | undefined;
          // What the callback gives back is of no concern here, unless it must be waited for.
          return typeof answer?.then === "function" ? answer : undefined;
        },
      }),
    }),
  );
}

function inProcess<Type extends string, In extends string, Out extends string>(
  factory: NodeFactory<Type, In, Out, object>,
): NodeSpec<Type, In, Out> {
  const spec = (factory as () => NodeSpec<Type, In, Out>)();
  return { ...spec, definition: { ...spec.definition, isSerializable: false } };
}
