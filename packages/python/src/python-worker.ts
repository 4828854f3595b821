/** The host's end of the protocol: one stream to one Python process, which serves any number of nodes. */
import type { Duplex } from "node:stream";
import { errors, type RemoteMediaError } from "@remotemedia/core";
import { jsonOf, type Message, MessageReader, messageOf, Op, protocolVersion } from "./wire.ts";

/** What a worker says of itself. */
export interface WorkerFacts {
  readonly pid: number;
  /** Version of Python. */
  readonly python: string;
  readonly executable: string;
  /** Whether it has numpy. */
  readonly numpy: boolean;
}

/** A record of Python's `logging`. */
export interface PythonRecord {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly logger: string;
  readonly message: string;
}

/** What a worker tells to whoever started it. */
export interface WorkerEvents {
  onRecord(record: PythonRecord): void;
  onBeat(): void;
  /** The stream has ended, for whatever reason. */
  onLost(): void;
}

/** A connected worker. */
export class PythonWorker {
  readonly #stream: Duplex;
  readonly #events: WorkerEvents;
  readonly #reader = new MessageReader();
  readonly #nodes = new Map<number, (message: Message) => void>();
  readonly #ready: Promise<WorkerFacts>;
  #resolveReady: (facts: WorkerFacts) => void = () => undefined;
  #rejectReady: (error: unknown) => void = () => undefined;
  #lastNode = 0;
  isLost = false;

  constructor(stream: Duplex, events: WorkerEvents) {
    this.#stream = stream;
    this.#events = events;
    this.#ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.#ready.catch(() => undefined);
    stream.on("data", (chunk: Buffer) => this.#read(chunk));
    stream.on("error", () => this.lost());
    stream.on("close", () => this.lost());
    stream.on("end", () => this.lost());
    this.sendJson(Op.hello, 0, 0, { protocol: protocolVersion, log_level: "INFO" });
  }

  /** Resolves when the worker has answered. @throws `transport-failed` when it ended instead */
  get ready(): Promise<WorkerFacts> {
    return this.#ready;
  }

  /** A number for a new node; what the worker says of it goes to `handle`. */
  addNode(handle: (message: Message) => void): number {
    const node = ++this.#lastNode;
    this.#nodes.set(node, handle);
    return node;
  }

  removeNode(node: number): void {
    this.#nodes.delete(node);
  }

  /** Sends a message whose payload of `length` bytes `write` fills in. */
  send(op: number, node: number, call: number, flags = 0, length = 0, write?: (target: Uint8Array) => void): void {
    if (!this.isLost) this.#stream.write(messageOf(op, node, call, flags, length, write));
  }

  sendJson(op: number, node: number, call: number, value: Readonly<Record<string, unknown>>): void {
    const text = Buffer.from(JSON.stringify(value));
    this.send(op, node, call, 0, text.length, (target) => target.set(text));
  }

  /** Asks the worker to end, and hears nothing more of it. */
  close(): void {
    this.send(Op.close, 0, 0);
    this.lost();
    this.#stream.end();
  }

  /** The process is gone. */
  lost(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.#rejectReady(workerEnded());
    this.#events.onLost();
    this.#nodes.clear();
  }

  #read(chunk: Buffer): void {
    if (this.isLost) return;
    try {
      this.#reader.feed(chunk, (message) => this.#handle(message));
    } catch (thrown) {
      this.#rejectReady(thrown);
      this.#stream.destroy();
      this.lost();
    }
  }

  #handle(message: Message): void {
    const { op, node, payload } = message;
    if (node > 0) this.#nodes.get(node)?.(message);
    else if (op === Op.beat) this.#events.onBeat();
    else if (op === Op.ready) this.#resolveReady(jsonOf(payload) as unknown as WorkerFacts);
    else if (op === Op.log) this.#events.onRecord(jsonOf(payload) as unknown as PythonRecord);
    else if (op === Op.failed) {
      const { message: said } = jsonOf(payload);
      this.#rejectReady(errors.hostUnsupported({ message: `the Python worker refused: ${String(said)}` }));
    }
  }
}

const workerEnded = (): RemoteMediaError => errors.transportFailed({ message: "the Python worker ended before it answered" });
