/** What a host brings: the parts that core needs and does not have. Only composition roots name concrete ones. */
import type { Clock } from "../clock.ts";
import type { Kernels } from "../node/kernels.ts";
import type { Capability, Log } from "../node/node.ts";
import type { Registry } from "../node/registry.ts";

/** The kernels of a host: SIMD where the engine has it, and always the plain ones. */
export interface KernelChoice {
  readonly wasm?: Kernels;
  readonly js: Kernels;
}

/** Looks at the event loop from outside: a synchronous endless loop can be named by a thread, and by nobody else. */
export interface LoopWatch {
  /** The executor writes into its first element which node runs: the number that `add` gave, or 0. */
  readonly current: Int32Array;
  /** A node was made. Its number. */
  add(node: string): number;
  /** The session has ended. */
  stop(): void;
}

/** Node.js, a browser, a test. */
export interface Host {
  /** `nodejs`, `browser` … */
  readonly name: string;
  readonly registry: Registry;
  /** Loads the kernels; called once per session, so it should remember them. */
  readonly kernels: () => Promise<KernelChoice>;
  readonly clock: Clock;
  readonly log: Log;
  /** What nodes of a local pipeline may touch. */
  readonly capabilities: readonly Capability[];
  /** Watches the event loop while a session runs, where a host has threads. */
  readonly watchLoop?: (mode: "batch" | "live") => LoopWatch;
  /** Bytes of memory that the process holds, if that can be told. */
  readonly memoryBytes?: () => number;
}

/** A log that drops everything below warnings and gives those to `write`. */
export function quietLog(write: (line: string) => void): Log {
  const line = (level: string) => (message: string, details?: Record<string, unknown>) =>
    write(`${level}: ${message}${details === undefined ? "" : ` ${JSON.stringify(details)}`}`);
  return { debug: () => undefined, info: () => undefined, warn: line("warning"), error: line("error") };
}
