export { type ArrayName, type ArrayOf, BufferPool, type BufferPoolOptions, type DataArray, SharedBuffer } from "./buffer-pool.ts";
export { type Clock, sleep, systemClock, VirtualClock, yieldToEventLoop } from "./clock.ts";
export {
  defineAlias,
  defineNode,
  type FromParams,
  type NodeDeclaration,
  type NodeDefinition,
  type NodeFactory,
  type NodeSpec,
  type Ports,
} from "./define-node.ts";
export { type ErrorCode, type ErrorDetails, type ErrorEntry, errorCatalogue, errorFrom, errors, type Fault, isRemoteMediaError, RemoteMediaError } from "./errors.ts";
export * from "./frame.ts";
export type * from "./kernels.ts";
export * from "./media.ts";
export type * from "./node.ts";
export type { Camelized, ParamsInput, ParamsOf, ParamsSchema } from "./params.ts";
export { Registry } from "./registry.ts";
export { durationUs, Timeline } from "./timeline.ts";
