import type { Emission, NodeExecutor, NodeSpec, ProcessResult } from "@remotemedia/core";

/** What a node went through. */
export interface Watch {
  /** Names of hooks in the order of their calls. `process` is listed once for a run of calls. */
  readonly hooks: string[];
  /** What broke the contract's order, in words; empty when all is well. */
  readonly breaches: string[];
  /** Calls of `process`. */
  calls: number;
}

type Answer = PromiseLike<unknown> | Iterable<Emission> | AsyncIterable<Emission>;
type Hook = "negotiate" | "start" | "produce" | "process" | "flush" | "interrupt" | "configure" | "request" | "stop";
const all: readonly Hook[] = ["negotiate", "start", "produce", "process", "flush", "interrupt", "configure", "request", "stop"];
const once: ReadonlySet<string> = new Set(["start", "produce", "flush", "stop"]);

/**
 * The same node with every hook watched: whether each is called in its order and as often as the contract says, and whether a call of
 * `process` or `flush` begins while another waits. Hooks that the node lacks stay away, but `start`, `flush` and `stop` are always
 * watched.
 */
export function watched<S extends NodeSpec>(spec: S): { readonly spec: S; readonly watch: Watch } {
  const watch: Watch = { hooks: [], breaches: [], calls: 0 };
  const create = (params: never): NodeExecutor => watchedExecutor(spec.definition.create(params), watch);
  return { spec: { ...spec, definition: { ...spec.definition, create } }, watch };
}

function watchedExecutor(executor: NodeExecutor, watch: Watch): NodeExecutor {
  const state = { isWaiting: false };
  const result: Partial<Record<Hook, unknown>> = {};
  for (const hook of all) {
    const own = executor[hook] as ((...given: unknown[]) => unknown) | undefined;
    if (own === undefined && hook !== "start" && hook !== "stop" && (hook !== "flush" || executor.process === undefined)) continue;
    result[hook] = (...given: unknown[]) => {
      note(hook, watch, state.isWaiting);
      const isCall = hook === "process" || hook === "flush";
      const answer = own?.apply(executor, given);
      return isCall && answer !== undefined ? untilSettled(answer as Answer, state) : answer;
    };
  }
  return result as NodeExecutor;
}

function note(hook: Hook, watch: Watch, isWaiting: boolean): void {
  const { hooks, breaches } = watch;
  if (hook === "process") watch.calls++;
  if (once.has(hook) && hooks.includes(hook)) breaches.push(`${hook} was called twice`);
  if (hooks.includes("stop")) breaches.push(`${hook} was called after stop`);
  if (hook !== "negotiate" && hook !== "start" && hook !== "stop" && !hooks.includes("start"))
    breaches.push(`${hook} was called before start`);
  if ((hook === "process" || hook === "flush") && isWaiting) breaches.push(`${hook} was called while another call was pending`);
  if (hook === "process" && hooks.includes("flush")) breaches.push("process was called after flush");
  if (hook !== "process" || hooks.at(-1) !== "process") hooks.push(hook);
}

/** Marks the call as waiting until its promise settles, or its iterator is done. */
function untilSettled(answer: Answer, state: { isWaiting: boolean }): ProcessResult {
  if (typeof (answer as PromiseLike<unknown>).then !== "function") return answer;
  state.isWaiting = true;
  const settled = (): void => {
    state.isWaiting = false;
  };
  (answer as PromiseLike<unknown>).then(settled, settled);
  return answer;
}
