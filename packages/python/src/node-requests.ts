/** What a node asks its worker outside of calls, and waits for: to be made, started, changed, stopped, to get memory. */
import { type ErrorCode, errorOfCode } from "@remotemedia/core";
import { errorOfFailure, type PythonFailure } from "./python-error.ts";
import type { PythonWorker } from "./python-worker.ts";
import { jsonOf, type Message, Op } from "./wire.ts";

/** A message that will be answered. */
export interface NodeRequest {
  readonly op: number;
  readonly node: number;
  readonly call: number;
  readonly value: Readonly<Record<string, unknown>>;
  /** What it is when it fails. */
  readonly code: "start-failed" | "node-failed";
}

interface Waiting {
  answer(message: Message): void;
  lose(how: string): void;
}

/** The requests of one node that wait. */
export class NodeRequests {
  readonly #waiting = new Map<number, Waiting>();
  /** What errors call the node. */
  nodeId = "";

  /**
   * Sends it; resolves when it is done.
   *
   * @param atOnce runs with the answer itself, before any message behind it is looked at
   * @throws what Python raised, or, where the worker is gone, `transport-failed`, from a node that had not started yet `start-failed`
   */
  ask(worker: PythonWorker | undefined, { op, node, call, value, code }: NodeRequest, atOnce?: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const lose = (how: string): void => {
        const lost: ErrorCode = code === "start-failed" ? code : "transport-failed";
        reject(
          errorOfCode(lost, {
            node: this.nodeId,
            message: `the Python worker is gone: ${how}`,
            fix: "Look at what the node did, and at its log.",
          }),
        );
      };
      if (worker === undefined || worker.isLost) return lose("there is none now");
      const answer = ({ op: answered, payload }: Message): void => {
        if (answered === Op.failed) return reject(errorOfFailure(jsonOf(payload) as unknown as PythonFailure, code, this.nodeId));
        atOnce?.();
        resolve();
      };
      this.#waiting.set(call, { answer, lose });
      worker.sendJson(op, node, call, value);
    });
  }

  /** Whether a message was an answer to one of them. */
  answers(message: Message): boolean {
    const request = this.#waiting.get(message.call);
    if (request === undefined) return false;
    this.#waiting.delete(message.call);
    request.answer(message);
    return true;
  }

  /** The worker is gone. */
  lose(how: string): void {
    for (const { lose } of this.#waiting.values()) lose(how);
    this.#waiting.clear();
  }
}
