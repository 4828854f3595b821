/** Shorter ways to write a node: a function, a generator, an async generator over the whole stream, a class with `process`. */

import { errors } from "../errors.ts";
import { type Frame, isFrame } from "../frame/frame.ts";
import { any } from "../frame/media.ts";
import { defineNode, type NodeDefinition, type NodeSpec } from "../node/define-node.ts";
import type { Emission, NodeExecutor, Output, ProcessResult } from "../node/node.ts";

type Emissions = Emission | Iterable<Emission> | undefined | void;

/** A frame to a frame, to several, or to nothing; waiting or not. */
export type FrameFunction = (frame: Frame) => Emissions | PromiseLike<Emissions> | Generator<Emission>;
/** One run over all the frames of a session: state lives in its local variables. */
export type StreamFunction = (frames: AsyncIterable<Frame>) => AsyncGenerator<Emission>;
/** A class whose instances are nodes. */
export type NodeClass = new () => NodeExecutor;

/** What `add` and `map` take besides declared nodes. They run where they were written: they cannot travel in a manifest. */
export type ShortForm = FrameFunction | StreamFunction | NodeClass | NodeExecutor;

/** A short form as a node with the ports `in` and `out`, for frames of every kind. */
export function nodeFrom(form: ShortForm): NodeSpec<string, "in", "out"> {
  const type = (typeof form === "function" ? form.name : form.constructor.name) || "function";
  const { definition } = defineNode({
    type,
    description: "Written in place.",
    inputs: { in: any() },
    outputs: { out: any() },
    create: () => executorFrom(form),
  });
  return { type, definition: { ...definition, isSerializable: false } as NodeDefinition, params: {} };
}

function executorFrom(form: ShortForm): NodeExecutor {
  if (typeof form !== "function") return form;
  if (typeof form.prototype?.process === "function") return new (form as NodeClass)();
  // Only an async generator function makes async generators; compiled to older targets it would be read as a function per frame.
  if (Object.prototype.toString.call(form) === "[object AsyncGeneratorFunction]") return streamExecutor(form as StreamFunction);
  return { process: (frame, _port, out) => emitAll((form as FrameFunction)(frame), out) };
}

function emitAll(result: ReturnType<FrameFunction>, out: Output): ProcessResult {
  if (result === undefined) return;
  if (isFrame(result)) return out.emit("out", result);
  if (isEmission(result)) return out.emit(result[0], result[1]);
  if (typeof (result as PromiseLike<Emissions>).then === "function")
    return (result as PromiseLike<Emissions>).then((items) => settle(emitAll(items, out), out));
  return result as Iterable<Emission>;
}

/** What a promise gave may be a list: nobody pulls it any more, so it is emitted here. */
async function settle(result: ProcessResult, out: Output): Promise<void> {
  if (result === undefined || !(Symbol.iterator in (result as object))) return void (await result);
  for (const item of result as Iterable<Emission>) await (isEmission(item) ? out.emit(item[0], item[1]) : out.emit("out", item));
}

const isEmission = (value: unknown): value is readonly [string, Frame] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && isFrame(value[1]);

/**
 * A stream function as a node. `process` waits until the function asks for the next frame, so it runs at its pace; what it yields carries
 * the turn and the metadata of the frame that it pulled last.
 */
function streamExecutor(run: StreamFunction): NodeExecutor {
  let give: ((frame: Frame | undefined) => void) | undefined;
  let asked: (() => void) | undefined;
  let current: Output | undefined;
  let finished: Promise<void> | undefined;
  let failure: unknown;
  let isOver = false;
  async function* pulled(): AsyncGenerator<Frame> {
    for (;;) {
      const next = new Promise<Frame | undefined>((resolve) => {
        give = resolve;
      });
      asked?.();
      const frame = await next;
      if (frame === undefined) return;
      yield frame;
    }
  }
  const begin = async (): Promise<void> => {
    try {
      for await (const item of run(pulled())) {
        await (isEmission(item) ? current?.emit(item[0], item[1]) : current?.emit("out", item as Frame));
      }
    } catch (thrown) {
      failure = errors.nodeFailed({ message: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown });
    }
    isOver = true;
    asked?.();
  };
  const hand = async (frame: Frame | undefined, out: Output): Promise<void> => {
    current = out;
    finished ??= begin();
    if (isOver) return;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    give?.(frame);
    await (frame === undefined ? finished : isAsked);
    if (failure !== undefined) {
      const thrown = failure;
      failure = undefined;
      throw thrown;
    }
  };
  return { process: (frame, _port, out) => hand(frame, out), flush: (out) => hand(undefined, out) };
}
