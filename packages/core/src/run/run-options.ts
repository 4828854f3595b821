/** What users may choose about a run. */
import type { Clock } from "../clock.ts";
import type { BufferPool } from "../frame/buffer-pool.ts";
import type { MediaFormat } from "../frame/media.ts";
import type { Capability } from "../node/node.ts";
import type { Metrics } from "./metrics.ts";

/** How long things may take, ms. */
export interface Deadlines {
  /** Default 30,000. */
  readonly startMs?: number;
  /** Each node. Default 2,000. */
  readonly stopMs?: number;
  /** The whole of `close`. Default 5,000. */
  readonly closeMs?: number;
  /** Live only. Default 5,000, and never more than `closeMs` leaves beside `stopMs`. */
  readonly flushMs?: number;
}

/** What a run or a session may be given. */
export interface RunOptions {
  /** Default: that of the host. */
  readonly clock?: Clock;
  /** Seed of `context.random`. Default 1. */
  readonly seed?: number;
  readonly deadlines?: Deadlines;
  /** What nodes may touch. Default: what the host allows to local pipelines. */
  readonly grants?: readonly Capability[];
  /**
   * Live: the format of what will be pushed. Converters and filters are then made while the session opens, and the first frame does not pay
   * for them. Another format is followed all the same.
   */
  readonly input?: MediaFormat;
  /** Sample memory. Runs that share a pool find what the last one left; give one with `poison` in tests. */
  readonly pool?: BufferPool;
  /** Cancels. */
  readonly signal?: AbortSignal;
  /** Batch: told the metrics of a run that fails, as far as it has come, before its error is thrown. */
  readonly onFailure?: (metrics: Metrics) => void;
}
