/** Runs pipelines for a Python program: the other end is `clients/python/src/remotemedia/_engine.py`. */
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { BufferPool, type Frame, type InputValue, type Metrics, type Pipeline } from "@remotemedia/core";
import { type AttachedWorker, attachWorker } from "./attached-worker.ts";
import { describe, EngineOp, frameIn, sendFrame, sendJson } from "./engine-messages.ts";
import { EngineSession, type OpenRequest, type PipelineRequest } from "./engine-session.ts";
import { FrameFiles } from "./frame-files.ts";
import { Bits, jsonOf, type Message, MessageReader } from "./wire.ts";

// Programs run the same pipeline again and again: fresh memory for each run costs as much as the run.
const pool = new BufferPool();

type PipelineOf = (manifest: object) => Promise<Pipeline>;
type PipelineFor = (request: PipelineRequest) => Promise<Pipeline>;

/**
 * Runs pipelines for the programs that connect to `path`. Each connection is one run, one live session, or the worker of one; a connection that
 * closes cancels its run, or closes its session.
 *
 * @param pipelineOf makes a pipeline of a manifest; what it throws fails that run
 * @returns the server, which already listens; who calls closes it
 * @throws what listening on `path` throws
 * @example await serveEngine("/run/user/1000/engine", async (manifest) => Pipeline.fromManifest(manifest));
 */
export async function serveEngine(path: string, pipelineOf: PipelineOf): Promise<Server> {
  const requested: PipelineFor = ({ manifest, folder }) => {
    follow(folder);
    return pipelineOf(manifest);
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => begin(socket, new FrameFiles(dirname(path), pool), requested));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  return server;
}

/** Relative paths are meant from where the program is now, which may be elsewhere than where it started the engine. */
function follow(folder: string | undefined): void {
  try {
    if (folder !== undefined) process.chdir(folder);
  } catch {
    // It is gone: who reads or writes there says so.
  }
}

function begin(socket: Socket, files: FrameFiles, pipelineOf: PipelineFor): void {
  const reader = new MessageReader();
  const input = new RunInput(socket);
  let session: EngineSession | undefined;
  const handle = (message: Message): void => {
    const { op, call, payload } = message;
    if (session !== undefined) session.take(message);
    else if (op === EngineOp.attach) attach(socket, onData, String(jsonOf(payload)["name"]));
    else if (op === EngineOp.run) void converse(socket, files, input, jsonOf(payload) as unknown as RunRequest, pipelineOf);
    else if (op === EngineOp.input) input.put({ frame: frameOf(message, files), call });
    else if (op === EngineOp.end) input.end();
    else if (op === EngineOp.open) {
      session = new EngineSession(socket);
      void session.serve(jsonOf(payload) as unknown as OpenRequest, call, pipelineOf);
    }
  };
  const onData = (chunk: Buffer): void => {
    try {
      reader.feed(chunk, handle);
    } catch {
      socket.destroy(); // what is no message is no program of ours
    }
  };
  socket.on("error", () => socket.destroy());
  socket.on("data", onData);
}

function attach(socket: Socket, onData: (chunk: Buffer) => void, name: string): void {
  socket.off("data", onData);
  socket.allowHalfOpen = false;
  const worker: AttachedWorker = attachWorker(socket, name);
  worker.ready.catch(() => worker.close());
}

interface RunRequest extends PipelineRequest {
  /** Whether frames follow. */
  readonly has_input: boolean;
  /** Whether outputs go out as they come. */
  readonly is_streaming: boolean;
}

async function converse(socket: Socket, files: FrameFiles, input: RunInput, request: RunRequest, pipelineOf: PipelineFor): Promise<void> {
  const { has_input, is_streaming } = request;
  const gone = new AbortController();
  let measured: Metrics | undefined;
  const options = { pool, signal: gone.signal, onFailure: (metrics: Metrics) => void (measured = metrics) };
  // A program that ends its half cancels, and waits until the nodes have stopped.
  const cancel = (): void => gone.abort();
  socket.on("end", cancel).on("close", cancel);
  try {
    const pipeline = await pipelineOf(request);
    const given = has_input ? input : undefined;
    if (is_streaming) {
      const frames = pipeline.stream(given, { ...options, borrow: true });
      let step = await frames.next();
      for (; step.done !== true; step = await frames.next()) if (!sendFrame(socket, step.value, 0, files)) await room(socket);
      sendJson(socket, EngineOp.done, { metrics: step.value });
    } else {
      const { outputs, metrics } = await pipeline.run(given, options);
      for (const frame of Object.values(outputs).flat()) if (!sendFrame(socket, frame, 0, files)) await room(socket);
      sendJson(socket, EngineOp.done, { metrics });
    }
  } catch (thrown) {
    sendJson(socket, EngineOp.failed, { ...describe(thrown), metrics: measured });
  } finally {
    socket.off("end", cancel);
    input.end();
    socket.end();
  }
}

/** Waits until the program has read. */
function room(socket: Socket): Promise<void> | void {
  if (socket.destroyed) return;
  return new Promise<void>((resolve) => {
    const go = (): void => {
      socket.off("drain", go).off("close", go);
      resolve();
    };
    socket.on("drain", go).on("close", go);
  });
}

/** The frame of a message, or of the file that it names. */
function frameOf(message: Message, files: FrameFiles): Frame {
  if ((message.flags & Bits.inMemory) === 0) return frameIn(message);
  const frame = files.take(String(Buffer.from(message.payload)));
  frame.isTimed = (message.flags & Bits.untimed) === 0;
  return frame;
}

interface Given {
  readonly frame: Frame;
  /** To be answered when the pipeline takes the frame; 0 for none. */
  readonly call: number;
}

/** The frames that a program gives to a run, as they come. The program waits for answers, not the connection for room: so a cancel is heard at once. */
class RunInput implements AsyncIterable<InputValue> {
  readonly #socket: Socket;
  readonly #waiting: Given[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("close", () => this.end());
  }

  put(given: Given): void {
    if (this.#isOver) return;
    this.#waiting.push(given);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<InputValue> {
    for (;;) {
      const given = this.#waiting.shift();
      if (given !== undefined) {
        const { frame, call } = given;
        if (call > 0) sendJson(this.#socket, EngineOp.answer, {}, 0, call);
        yield frame;
        frame.release();
      } else if (this.#isOver) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
