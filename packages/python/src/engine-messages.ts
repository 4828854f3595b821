/** What the engine sends to a program; the messages are those of PROTOCOL.md. */
import type { Socket } from "node:net";
import { type Frame, isRemoteMediaError } from "@remotemedia/core";
import { readDescriptor } from "@remotemedia/protocol";
import { blockOf, writeBlock } from "./frame-block.ts";
import type { FrameFiles } from "./frame-files.ts";
import { PythonError } from "./python-error.ts";
import { Bits, type Message, messageOf } from "./wire.ts";

/** What a program and the engine say to each other. The first message of a connection is `attach`, `run` or `open`. */
export const EngineOp = {
  attach: 64,
  run: 65,
  input: 66,
  end: 67,
  open: 68,
  push: 69,
  port: 70,
  ask: 71,
  read: 72,
  more: 73,
  leave: 74,
  output: 97,
  done: 98,
  failed: 99,
  answer: 100,
  over: 101,
  turn: 102,
  error: 103,
} as const;

/** Sends a JSON object. `node` and `call` say what it is about. */
export function sendJson(socket: Socket, op: number, value: object, node = 0, call = 0): void {
  const payload = Buffer.from(JSON.stringify(value));
  socket.write(messageOf(op, node, call, 0, payload.length, (target) => target.set(payload)));
}

/** Sends a frame, a large one through a file where there may be some. False where the program does not read: wait for `drain`. */
export function sendFrame(socket: Socket, frame: Frame, node = 0, files?: FrameFiles): boolean {
  const block = blockOf(frame);
  const name = files?.leave(block);
  if (name !== undefined) {
    const path = Buffer.from(name);
    return socket.write(messageOf(EngineOp.output, node, 0, Bits.hasFrame | Bits.inMemory, path.length, (target) => target.set(path)));
  }
  return socket.write(messageOf(EngineOp.output, node, 0, Bits.hasFrame, block.bytes, (target) => writeBlock(block, target)));
}

/** The frame that a program gives. Without a time of its own it follows on the one before. */
export function frameIn({ flags, payload }: Pick<Message, "flags" | "payload">): Frame {
  const { frame } = readDescriptor(new DataView(payload.buffer, payload.byteOffset, payload.length), 0);
  frame.isTimed = (flags & Bits.untimed) === 0;
  return frame;
}

/** What a program needs to raise an exception of its own. */
export function describe(thrown: unknown): Record<string, unknown> {
  if (!isRemoteMediaError(thrown)) return { code: "internal", message: String(thrown) };
  const { cause } = thrown;
  return {
    ...thrown.toJSON(),
    text: thrown.message,
    ...(cause instanceof PythonError && { type: cause.type, traceback: cause.traceback }),
  };
}
