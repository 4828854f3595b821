/** Which edge is next where edges of a batch meet on a port: an order that does not depend on time, so that every run gives the same. */
import type { Frame } from "../frame/frame.ts";
import type { Edge } from "./edge.ts";

/** By media time, or one edge after the other as lists are concatenated. */
export type MergeOrder = "time" | "concatenate";

/** Whether an edge holds the next frame of all that meet it: known only when each has one or has ended. */
export function isNextInMerge(edge: Edge, inputs: readonly Edge[], order: MergeOrder): boolean {
  let isBefore = true;
  for (const other of inputs) {
    if (other === edge) isBefore = false;
    else if (other.port === edge.port && !(order === "time" ? yieldsInTime(other, edge, isBefore) : !isBefore || hasEnded(other)))
      return false;
  }
  return true;
}

const hasEnded = (edge: Edge): boolean => edge.isEnded && edge.queue.length === 0;

/** Whether the other edge lets this one go first. */
function yieldsInTime(other: Edge, edge: Edge, isBefore: boolean): boolean {
  const head = other.queue.at(0);
  return head === undefined ? other.isEnded : !precedes(head, edge.queue.at(0) as Frame, isBefore);
}

/** By media time, then by number, then by the order of connections. */
function precedes(a: Frame, b: Frame, isBefore: boolean): boolean {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp;
  if (a.sequence !== b.sequence) return a.sequence < b.sequence;
  return isBefore;
}
