/** Front door of `@remotemedia/core`: what users need first, then what authors of nodes and hosts need. */
import "./dispose-polyfill.ts";

export { type Clock, sleep, systemClock, VirtualClock, yieldToEventLoop } from "./clock.ts";
export {
  type ErrorCode,
  type ErrorDetails,
  type ErrorEntry,
  errorCatalogue,
  errorFrom,
  errorOfCode,
  errors,
  type Fault,
  isRemoteMediaError,
  RemoteMediaError,
} from "./errors.ts";
export { type ArrayName, type ArrayOf, BufferPool, type BufferPoolOptions, type DataArray, SharedBuffer } from "./frame/buffer-pool.ts";
export {
  AudioFrame,
  type AudioInit,
  audioFrame,
  BinaryFrame,
  binaryFrame,
  detachedStream,
  EncodedFrame,
  type EncodedInit,
  EventFrame,
  encodedFrame,
  eventFrame,
  Flags,
  type Frame,
  type FrameInit,
  type FrameKind,
  isFrame,
  JsonFrame,
  type JsonValue,
  jsonFrame,
  type MediaStream,
  type Metadata,
  maxChannels,
  maxSampleRate,
  type PixelFormat,
  type PlaneLayout,
  TensorFrame,
  type TensorInit,
  TextFrame,
  tensorFrame,
  textFrame,
  VideoFrame,
  type VideoInit,
  videoFrame,
} from "./frame/frame.ts";
export {
  type AnyConstraint,
  type AudioConstraint,
  type AudioFormat,
  any,
  audio,
  binary,
  type Choice,
  describeConstraint,
  describePort,
  encodedAudio,
  encodedVideo,
  event,
  type FrameOf,
  formatOf,
  json,
  type MediaConstraint,
  type MediaFormat,
  type OutputPort,
  type PlainConstraint,
  type PlanarFrame,
  type Port,
  type Range,
  type SameAs,
  sameAs,
  tensor,
  text,
  type VideoConstraint,
  type VideoFormat,
  video,
} from "./frame/media.ts";
export { durationUs, Timeline } from "./frame/timeline.ts";
export type { Graph, GraphEdge, GraphNode, InterruptTrigger, PortRef } from "./graph/graph.ts";
export { parseLaunchLine } from "./graph/launch-line.ts";
export {
  type Manifest,
  type ManifestConnection,
  type ManifestNode,
  type ManifestOnError,
  type ManifestQueue,
  manifestSchema,
  type RuntimeHint,
} from "./graph/manifest.ts";
export { type ParsedManifest, parseManifest } from "./graph/parse.ts";
export { type InputRef, type NodeHandle, type NodeMap, type NodeOptions, type OutputRef, Pipeline } from "./graph/pipeline.ts";
export { type FrameFunction, type NodeClass, nodeFrom, type ShortForm, type StreamFunction } from "./graph/short-forms.ts";
export { type Validation, validateManifest } from "./graph/validate.ts";
export type { Carrier, CarrierEvents } from "./link/carrier.ts";
export { Link, type LinkEvents, type LinkOptions, type LinkState } from "./link/link.ts";
export { LinkHost, type LinkHostOptions } from "./link/link-host.ts";
export { type LinkStats, noStats } from "./link/link-stats.ts";
export { type CarrierPair, type MemoryCarrierOptions, memoryCarriers } from "./link/memory-carrier.ts";
export { type Cuts, type HelloMessage, type LinkMessage, linkProtocol } from "./link/message.ts";
export { PacedTrack, type PacedTrackOptions } from "./link/paced-track.ts";
export { Playback } from "./link/playback.ts";
export { nearest } from "./nearest.ts";
export {
  defineAlias,
  defineNode,
  type FromParams,
  type NodeDeclaration,
  type NodeDefinition,
  type NodeFactory,
  type NodeSpec,
  type Ports,
  type RuntimeDecision,
} from "./node/define-node.ts";
export type {
  Dense,
  DenseOptions,
  EnergyVad,
  EnergyVadOptions,
  Kernels,
  ResampleQuality,
  Resampler,
  ResamplerOptions,
  SampleArray,
  SampleFormat,
} from "./node/kernels.ts";
export type {
  AnswerState,
  Capability,
  Emission,
  Heard,
  Log,
  NegotiatedOutputs,
  NewAudio,
  NewVideo,
  NodeContext,
  NodeExecutor,
  Output,
  ProcessResult,
  UpstreamRequest,
} from "./node/node.ts";
export type { Camelized, ParamsInput, ParamsOf, ParamsSchema } from "./node/params.ts";
export { Registry } from "./node/registry.ts";
export type { RunResult, StreamOptions } from "./run/batch.ts";
export type { Input, InputValue } from "./run/entry.ts";
export type { ErrorLog, SessionError } from "./run/error-log.ts";
export type { ExplainedEdge, ExplainedNode, Explanation } from "./run/explain.ts";
export { type Host, type KernelChoice, type LoopWatch, quietLog } from "./run/host.ts";
export type { LatencyReport, PathLatency } from "./run/latency.ts";
export { type EdgeReport, type Metrics, type NodeReport, toPrometheus } from "./run/metrics.ts";
export type { ReadOptions } from "./run/outlet.ts";
export type { Deadlines, RunOptions } from "./run/run-options.ts";
export { joinAudio, type Samples } from "./run/samples.ts";
export { Session } from "./run/session.ts";
export type { TracedEvent, TurnChange, TurnListener, TurnTrace } from "./run/turn-watch.ts";
