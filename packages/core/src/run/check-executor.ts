import { errors } from "../errors.ts";
import type { GraphNode } from "../graph/graph.ts";
import { nearest } from "../nearest.ts";
import type { NodeExecutor } from "../node/node.ts";

/** What authors forget or misspell is told before the first frame, not swallowed with every frame. */
export function checkExecutor(executor: NodeExecutor | undefined, { id, definition }: GraphNode): void {
  if (typeof executor !== "object" || executor === null) {
    throw errors.startFailed({
      node: id,
      message: `create of ${definition.type} gave back ${executor === null ? "null" : typeof executor}`,
      expected: "an object with the hooks of a node",
    });
  }
  const hook = Object.keys(definition.inputs).length > 0 ? "process" : "produce";
  if (typeof executor[hook] === "function") return;
  const meant = nearest(hook, Object.keys(executor));
  throw errors.startFailed({
    node: id,
    message: `${definition.type} has no ${hook}`,
    ...(meant !== undefined && { received: meant }),
    fix: `Give it a method named ${hook}.`,
  });
}
