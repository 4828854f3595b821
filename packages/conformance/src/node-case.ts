import type { Frame, Host, NodeSpec } from "@remotemedia/core";

/** A rule of the node contract, by the name under which a case may declare that it deviates. */
export type NodeRule =
  | "declaration"
  | "lifecycle"
  | "buffers"
  | "metadata"
  | "time"
  | "sequence"
  | "turns"
  | "answers"
  | "shared-input"
  | "framings"
  | "interruptions"
  | "closing"
  | "repeatable"
  | "empty"
  | "bad-samples";

/** A node with its parameters, what it is fed, and what it is excused from. */
export interface NodeCase {
  readonly node: NodeSpec;
  /**
   * The host that brings what the node needs. Default: one that brings nothing. Sessions follow a virtual clock unless the host's is another one: a node
   * that works in a process of its own does not follow that.
   */
  readonly host?: () => Host;
  /** What goes in, made anew by every call; left out for a source. The first input port takes it. */
  readonly input?: () => readonly Frame[];
  /** The same stream as `input`, cut into other frames: the node must give the same samples. */
  readonly reframed?: () => readonly Frame[];
  /** How far the samples of another framing may be off, full scale 1. Default 0: not at all. */
  readonly tolerance?: number;
  /** Rules that the node breaks on purpose, each with the reason. */
  readonly deviations?: { readonly [Rule in NodeRule]?: string };
}
