/** Runs pipelines for a Python program: the other end is `clients/python/src/remotemedia/_engine.py`. */
import { createServer, type Server, type Socket } from "node:net";
import { type Frame, type InputValue, isRemoteMediaError, type Pipeline } from "@remotemedia/core";
import { readDescriptor } from "@remotemedia/protocol";
import { type AttachedWorker, attachWorker } from "./attached-worker.ts";
import { blockOf, writeBlock } from "./frame-block.ts";
import { PythonError } from "./python-error.ts";
import { Bits, headerOf, jsonOf, MessageReader } from "./wire.ts";

/**
 * What a program and the engine say to each other on a connection of its own for each run; messages are those of PROTOCOL.md.
 * The first message of a connection is `run`, or `attach`, behind which the connection is that of a worker.
 */
const EngineOp = { attach: 64, run: 65, input: 66, end: 67, output: 97, done: 98, failed: 99 } as const;

// Input that a pipeline has not taken yet; beyond it the program waits.
const maxWaitingBytes = 4 * 2 ** 20;

/**
 * Runs pipelines for the programs that connect to `path`. Each connection is one run, or the worker of one; a connection that closes cancels its run.
 *
 * @param pipelineOf makes a pipeline of a manifest; what it throws fails that run
 * @returns the server, which already listens; who calls closes it
 * @throws what listening on `path` throws
 * @example await serveEngine("/run/user/1000/engine", async (manifest) => Pipeline.fromManifest(manifest));
 */
export async function serveEngine(path: string, pipelineOf: (manifest: object) => Promise<Pipeline>): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => begin(socket, pipelineOf));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  return server;
}

function begin(socket: Socket, pipelineOf: (manifest: object) => Promise<Pipeline>): void {
  const reader = new MessageReader();
  const input = new RunInput(socket);
  socket.on("error", () => socket.destroy());
  const onData = (chunk: Buffer): void => {
    try {
      reader.feed(chunk, ({ op, flags, payload }) => {
        if (op === EngineOp.attach) attach(socket, onData, String(jsonOf(payload)["name"]));
        else if (op === EngineOp.run) void converse(socket, input, jsonOf(payload) as unknown as RunRequest, pipelineOf);
        else if (op === EngineOp.input) input.put(payload, (flags & Bits.untimed) === 0);
        else if (op === EngineOp.end) input.end();
      });
    } catch {
      socket.destroy(); // what is no message is no program of ours
    }
  };
  socket.on("data", onData);
}

function attach(socket: Socket, onData: (chunk: Buffer) => void, name: string): void {
  socket.off("data", onData);
  socket.allowHalfOpen = false;
  const worker: AttachedWorker = attachWorker(socket, name);
  worker.ready.catch(() => worker.close());
}

interface RunRequest {
  readonly manifest: object;
  /** Whether frames follow. */
  readonly has_input: boolean;
  /** Whether outputs go out as they come, and no metrics follow. */
  readonly is_streaming: boolean;
}

async function converse(
  socket: Socket,
  input: RunInput,
  { manifest, has_input, is_streaming }: RunRequest,
  pipelineOf: (manifest: object) => Promise<Pipeline>,
): Promise<void> {
  const gone = new AbortController();
  // A program that ends its half cancels, and waits until the nodes have stopped.
  const cancel = (): void => gone.abort();
  socket.on("end", cancel).on("close", cancel);
  try {
    const pipeline = await pipelineOf(manifest);
    const given = has_input ? input : undefined;
    if (is_streaming) {
      for await (const frame of pipeline.stream(given, { signal: gone.signal })) await sendFrame(socket, frame);
      sendJson(socket, EngineOp.done, {});
    } else {
      const { outputs, metrics } = await pipeline.run(given, { signal: gone.signal });
      for (const frame of Object.values(outputs).flat()) await sendFrame(socket, frame);
      sendJson(socket, EngineOp.done, { metrics });
    }
  } catch (thrown) {
    if (!gone.signal.aborted) sendJson(socket, EngineOp.failed, describe(thrown));
  } finally {
    socket.off("end", cancel);
    input.end();
    socket.end();
  }
}

/** What a program needs to raise an exception of its own. */
function describe(thrown: unknown): Record<string, unknown> {
  if (!isRemoteMediaError(thrown)) return { code: "internal", message: String(thrown) };
  const { cause } = thrown;
  return {
    ...thrown.toJSON(),
    text: thrown.message,
    ...(cause instanceof PythonError && { type: cause.type, traceback: cause.traceback }),
  };
}

function sendJson(socket: Socket, op: number, value: Record<string, unknown>): void {
  const payload = Buffer.from(JSON.stringify(value));
  socket.write(Buffer.concat([headerOf(op, 0, 0, 0, payload.length), payload]));
}

/** Sends a frame, and waits where the program does not read. */
async function sendFrame(socket: Socket, frame: Frame): Promise<void> {
  const block = blockOf(frame);
  const message = Buffer.alloc(16 + block.bytes);
  headerOf(EngineOp.output, 0, 0, 1, block.bytes).copy(message);
  writeBlock(block, message.subarray(16));
  if (socket.write(message) || socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      socket.off("drain", go).off("close", go);
      resolve();
    };
    socket.on("drain", go).on("close", go);
  });
}

interface Given {
  readonly block: Uint8Array;
  /** Without a time of its own it follows on the frame before. */
  readonly isTimed: boolean;
}

/** The frames that a program gives to a run, as they come. */
class RunInput implements AsyncIterable<InputValue> {
  readonly #socket: Socket;
  readonly #waiting: Given[] = [];
  #bytes = 0;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("close", () => this.end());
  }

  put(block: Uint8Array, isTimed: boolean): void {
    if (this.#isOver) return;
    this.#waiting.push({ block, isTimed });
    this.#bytes += block.length;
    if (this.#bytes > maxWaitingBytes) this.#socket.pause();
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#socket.resume(); // so that a close is heard
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<InputValue> {
    for (;;) {
      const given = this.#waiting.shift();
      if (given !== undefined) {
        const { block, isTimed } = given;
        this.#bytes -= block.length;
        if (this.#bytes <= maxWaitingBytes) this.#socket.resume();
        const { frame } = readDescriptor(new DataView(block.buffer, block.byteOffset, block.length), 0);
        frame.isTimed = isTimed;
        yield frame;
      } else if (this.#isOver) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
